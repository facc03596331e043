"""Waiting: what waits for one model, and which of it runs next: equal parameters and near-equal cost together."""

from __future__ import annotations

import asyncio
import itertools
import math
import threading
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .batching import Bounds, CallTime, window
from .pipeline import Pipeline
from .task import Params

AnyPipeline = Pipeline[Any, Any, Any]
REACH = 2  # full calls: so many of the oldest are chosen from


@dataclass(frozen=True)
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
    """A queue that the event loop fills and the model's thread empties. `times` is what calls of each pipeline take."""

    def __init__(self, max_batch_size: int) -> None:
        self.times: dict[AnyPipeline, CallTime] = defaultdict(CallTime)
        self._max_batch_size = max_batch_size
        self._jobs: deque[Job] = deque()
        self._backlog: dict[AnyPipeline, _Backlog] = defaultdict(_Backlog)
        self._lock = threading.Lock()
        self._is_emptied = False

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, pipeline: AnyPipeline, jobs: Sequence[Job]) -> bool:
        """Jobs of one pipeline, the latest; whether nobody is emptying the queue, so that somebody must begin."""
        with self._lock:
            self._jobs.extend(jobs)
            self._backlog[pipeline].change(len(jobs), sum(job.cost for job in jobs))
            begin, self._is_emptied = not self._is_emptied, True
        return begin

    def take(self) -> tuple[list[Job], float]:
        """What runs next, and by how many of its `seconds` the queue is shorter; nothing where nobody waits, and then
        whoever empties it is to stop."""
        with self._lock:
            self._remove([job for job in self._jobs if job.future.done()])
            if not self._jobs:
                self._is_emptied = False
                return [], 0.0
            batch = self._next()
            pipeline = batch[0].pipeline
            before = self._seconds(pipeline)
            self._remove(batch)
            return batch, before - self._seconds(pipeline)

    def seconds(self) -> float:
        """How long what waits now is likely to take."""
        return sum(self.times[pipeline].pace * self._seconds(pipeline) for pipeline in self._backlog)

    def size(self, pipeline: AnyPipeline) -> int:
        """How many inputs a call takes at most."""
        return min(pipeline.max_batch_size, self._max_batch_size)

    def _next(self) -> list[Job]:
        """The oldest job, and those that join it."""
        first = self._jobs[0]
        pipeline, params = first.pipeline, first.params
        same = (
            job for job in self._jobs
            if job.pipeline is pipeline and (job.params is params or job.params == params)
        )  # fmt: skip
        # Not of all that wait: whoever comes later with a usual cost would always pass those of rare ones.
        alike = sorted(itertools.islice(same, REACH * self.size(pipeline)), key=lambda job: job.cost)
        bounds = Bounds(self.size(pipeline), pipeline.max_batch_cost)
        chosen = window([job.cost for job in alike], alike.index(first), bounds, self.times[pipeline].overhead)
        return alike[chosen.start : chosen.stop]

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
        return self.times[pipeline].seconds(math.ceil(waits.count / self.size(pipeline)), waits.cost)
