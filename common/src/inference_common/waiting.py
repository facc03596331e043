"""Waiting: what waits for one model, and which of it runs next: equal parameters and near-equal cost together."""

from __future__ import annotations

import asyncio
import itertools
import math
import threading
import time
import weakref
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .batching import Bounds, CallTime, window
from .pipeline import Pipeline
from .task import Params

AnyPipeline = Pipeline[Any, Any, Any]
REACH = 2  # full calls: so many of the oldest are chosen from
FIRST = 0  # of the lanes: the model's own thread, which all that waits may rely on
ENOUGH = 2  # inputs for each lane: fewer are sooner done one batch after the other, each on all cores


@dataclass(slots=True)
class Timed:
    """An output, and the seconds its input waited and ran."""

    output: Any
    queued: float
    ran: float


@dataclass(eq=False)
class Job:
    """An input, and what its output is waited for by."""

    pipeline: AnyPipeline
    inputs: Any
    params: Params
    cost: int
    future: asyncio.Future[Timed]
    since: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True)
class Taken:
    """What runs next: `is_shared` where other batches run beside it, `shorter` by how many of its `seconds` the queue
    is now, and the idle lane that is to begin as well, if any."""

    batch: Sequence[Job]
    is_shared: bool
    shorter: float
    helper: int | None


@dataclass
class _Backlog:
    """What waits for one pipeline: how many inputs, and the sum of their costs."""

    count: int = 0
    cost: int = 0

    def change(self, count: int, cost: int) -> None:
        """So many more, or fewer."""
        self.count += count
        self.cost += cost


class Waiting:
    """A queue that the event loop fills and the lanes, threads that run a batch each, empty.

    The first lane is always there. The others help it where many wait for a pipeline that can run in several.
    """

    def __init__(self, max_batch_size: int) -> None:
        self._max_batch_size = max_batch_size
        self._jobs: deque[Job] = deque()
        self._backlog: dict[AnyPipeline, _Backlog] = defaultdict(_Backlog)
        self._times: dict[tuple[AnyPipeline, bool], CallTime] = defaultdict(CallTime)
        self._successors: weakref.WeakKeyDictionary[AnyPipeline, AnyPipeline] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()
        self._at_work: set[int] = set()
        self._is_shared = False
        self._since = 0.0

    def __len__(self) -> int:
        return len(self._jobs)

    def time(self, pipeline: AnyPipeline, *, is_shared: bool = False) -> CallTime:
        """What calls of a pipeline take."""
        return self._times[pipeline, is_shared]

    def add(self, pipeline: AnyPipeline, jobs: Sequence[Job]) -> bool:
        """Jobs of one pipeline, the latest; whether the first lane is idle, and is to begin."""
        with self._lock:
            if self._successors and pipeline in self._successors:  # which was replaced since its inputs were prepared
                pipeline = self._successors[pipeline]
                _hand_over(jobs, pipeline)
            self._jobs.extend(jobs)
            self._backlog[pipeline].change(len(jobs), sum(job.cost for job in jobs))
            if not self._at_work:
                self._since = time.perf_counter()
            begin = FIRST not in self._at_work
            self._at_work.add(FIRST)
        return begin

    def take(self, lane: int) -> Taken | None:
        """What a lane runs next; None where nothing is left for it, and then it is idle."""
        with self._lock:
            self._remove([job for job in self._jobs if job.future.done()])
            lanes = self._jobs[0].pipeline.lanes if self._jobs else 1
            if not self._jobs or (lane != FIRST and not (lane < lanes <= len(self._jobs))):
                self._at_work.discard(lane)
                return None
            is_alone = self._at_work <= {lane}
            self._is_shared = lanes > 1 and (not is_alone or len(self._jobs) >= ENOUGH * lanes)
            batch = self._next(lanes)
            pipeline = batch[0].pipeline
            before = self._seconds(pipeline)
            self._remove(batch)
            return Taken(batch, self._is_shared, before - self._seconds(pipeline), self._helper(lanes))

    def replace(self, pipelines: Mapping[AnyPipeline, AnyPipeline]) -> None:
        """Other pipelines take the place of some, which nothing here refers to from now on."""
        with self._lock:
            self._successors.update(pipelines)
            for old, new in pipelines.items():
                jobs = [job for job in self._jobs if job.pipeline is old]
                _hand_over(jobs, new)
                self._backlog[new].change(len(jobs), sum(job.cost for job in jobs))
                self._backlog.pop(old, None)
                for is_shared in (False, True):
                    self._times.pop((old, is_shared), None)

    def ran(self, batch: Sequence[Job], seconds: float, *, is_shared: bool) -> None:
        """What one call took."""
        with self._lock:
            times = self._known(batch[0].pipeline, is_shared=is_shared)
            times.observe(max(job.cost for job in batch) * len(batch), seconds)

    def done(self, taken: Taken) -> None:
        """A batch that was taken has been run, in one call or in several."""
        with self._lock:
            now = time.perf_counter()
            times = self._known(taken.batch[0].pipeline, is_shared=taken.is_shared)
            times.observe_pace(taken.shorter, now - self._since)
            self._since = now

    def idle(self, lane: int) -> None:
        """A lane that takes no more of its own accord."""
        with self._lock:
            self._at_work.discard(lane)

    def seconds(self) -> float:
        """How long what waits now is likely to take."""
        with self._lock:
            return sum(
                self.time(pipeline, is_shared=self._is_shared).pace * self._seconds(pipeline)
                for pipeline in self._backlog
            )

    def size(self, pipeline: AnyPipeline) -> int:
        """How many inputs a call takes at most."""
        return min(pipeline.max_batch_size, self._max_batch_size)

    def _known(self, pipeline: AnyPipeline, *, is_shared: bool) -> CallTime:
        """The call times of a pipeline; for one that was replaced while it ran, an unused record."""
        return CallTime() if pipeline in self._successors else self.time(pipeline, is_shared=is_shared)

    def _next(self, lanes: int) -> list[Job]:
        """The oldest job, and those that join it: where lanes share what waits, no more than its part of that."""
        first = self._jobs[0]
        pipeline, params = first.pipeline, first.params
        same = (
            job for job in self._jobs
            if job.pipeline is pipeline and (job.params is params or job.params == params)
        )  # fmt: skip
        # Not of all that wait: whoever comes later with a usual cost would always pass those of rare ones.
        alike = sorted(itertools.islice(same, REACH * self.size(pipeline)), key=lambda job: job.cost)
        part = math.ceil(len(self._jobs) / lanes) if self._is_shared else len(self._jobs)
        bounds = Bounds(min(part, self.size(pipeline)), pipeline.max_batch_cost)
        overhead = self.time(pipeline, is_shared=self._is_shared).overhead
        chosen = window([job.cost for job in alike], alike.index(first), bounds, overhead)
        return alike[chosen.start : chosen.stop]

    def _helper(self, lanes: int) -> int | None:
        """An idle lane, at work from now on, where there is enough for it to do."""
        if not self._is_shared or len(self._jobs) < lanes:
            return None
        helper = next((lane for lane in range(lanes) if lane not in self._at_work), None)
        self._at_work |= set() if helper is None else {helper}
        return helper

    def _remove(self, jobs: Sequence[Job]) -> None:
        if not jobs:
            return
        gone = set(jobs)
        self._jobs = deque(job for job in self._jobs if job not in gone)
        for job in jobs:
            self._backlog[job.pipeline].change(-1, -job.cost)

    def _seconds(self, pipeline: AnyPipeline) -> float:
        """At least, in calls that are full and hold nothing to pad."""
        waits = self._backlog[pipeline]
        times = self.time(pipeline, is_shared=self._is_shared)
        return times.seconds(math.ceil(waits.count / self.size(pipeline)), waits.cost)


def _hand_over(jobs: Sequence[Job], pipeline: AnyPipeline) -> None:
    for job in jobs:
        job.pipeline = pipeline
