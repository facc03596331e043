"""Waiting: the queue of one model, and which of it runs next: equal parameters and near-equal cost together."""

from __future__ import annotations

import itertools
import math
import threading
import time
import weakref
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from .batching import Bounds, CallTime, window
from .jobs import Group, Job, Scheduled
from .pipeline import AnyPipeline
from .task import Params
from .turns import Caller, Turns

CANDIDATE_BATCHES = 2  # full batches: a batch is chosen from so many of the inputs that are next in turn
MAX_KEPT_GROUPS = 8  # from so many on, empty groups are removed
FIRST_LANE = 0  # the model's own thread; the other lanes run only where many inputs wait
MIN_INPUTS_PER_LANE = 2  # fewer are sooner done one batch after the other, each on all cores


class Waiting:
    """A queue that the event loop fills and the lanes, threads that run a batch each, empty.

    The first lane is always there. The others help it where many wait for a pipeline that can run in several. Callers
    take turns: the first input of whoever's turn it is runs next, with those that fill its batch best.
    """

    def __init__(self, max_batch_size: int) -> None:
        self._max_batch_size = max_batch_size
        self._jobs: Turns[Job] = Turns()
        self._groups: dict[tuple[AnyPipeline, object], Group] = {}
        self._times: dict[tuple[AnyPipeline, bool], CallTime] = defaultdict(CallTime)
        self._successors: weakref.WeakKeyDictionary[AnyPipeline, AnyPipeline] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()
        self._at_work: set[int] = set()
        self._is_shared = False
        self._since = 0.0

    def __len__(self) -> int:
        return len(self._jobs)

    def of(self, caller: Caller) -> int:
        """How many inputs of one caller wait."""
        return self._jobs.count(caller)

    def time(self, pipeline: AnyPipeline, *, is_shared: bool = False) -> CallTime:
        """What calls of a pipeline take."""
        return self._times[pipeline, is_shared]

    def add(self, pipeline: AnyPipeline, jobs: Sequence[Job]) -> bool:
        """Jobs of one caller, one pipeline and equal parameters; whether the first lane is idle, and is to begin."""
        with self._lock:
            pipeline = self._successors.get(pipeline, pipeline)  # replaced since its inputs were prepared
            if jobs:
                group = self._group(pipeline, jobs[0].params)
                for job in jobs:
                    job.pipeline, job.group = pipeline, group
                    group.cost += job.cost
                group.count += len(jobs)
                self._jobs.add(jobs[0].caller, jobs)
            if not self._at_work:
                self._since = time.perf_counter()
            begin = FIRST_LANE not in self._at_work
            self._at_work.add(FIRST_LANE)
        return begin

    def drop(self, jobs: Sequence[Job]) -> None:
        """Jobs of one caller, whose outputs nobody waits for any more, wait no longer."""
        with self._lock:
            self._remove([job for job in jobs if job.group is not None])

    def put_back(self, jobs: Sequence[Job]) -> None:
        """Jobs that took too long to run between the steps of another call wait again, for a turn of their own."""
        with self._lock:
            for job in reversed(jobs):
                if job.future.done():
                    continue  # whoever waited for it has left
                group = self._group(self._successors.get(job.pipeline, job.pipeline), job.params)
                job.pipeline, job.group, job.is_long = group.pipeline, group, True
                group.count += 1
                group.cost += job.cost
                self._jobs.put_back(job.caller, [job])

    def take(self, lane: int) -> Scheduled | None:
        """What a lane runs next; None where nothing is left for it, and then it is idle."""
        with self._lock:
            first = self._jobs.first()
            lanes = first.pipeline.lanes if first else 1
            if first is None or (lane != FIRST_LANE and not (lane < lanes <= len(self._jobs))):
                self._at_work.discard(lane)
                return None
            is_alone = self._at_work <= {lane}
            self._is_shared = lanes > 1 and (not is_alone or len(self._jobs) >= MIN_INPUTS_PER_LANE * lanes)
            return self._taken(self._next(first, lanes), starts_lane=True)

    def take_for_others(self, callers: Collection[Caller]) -> Scheduled | None:
        """What may come between the steps of a call of these callers: a batch of the next other one whose input is not
        known to take long; None where no such waits."""
        with self._lock:
            quick = (job for job in self._jobs.in_turn() if job.caller not in callers and not job.is_long)
            first = next(quick, None)
            return None if first is None else self._taken(self._next(first, first.pipeline.lanes), starts_lane=False)

    def replace(self, pipelines: Mapping[AnyPipeline, AnyPipeline]) -> None:
        """Other pipelines take the place of some, which nothing here refers to from now on."""
        with self._lock:
            self._successors.update(pipelines)
            for group in [group for group in self._groups.values() if group.pipeline in pipelines]:
                del self._groups[group.key]
                group.pipeline = pipelines[group.pipeline]
                group.key = (group.pipeline, group.key[1])
                self._groups[group.key] = group
            for job in self._jobs.in_turn():
                job.pipeline = pipelines.get(job.pipeline, job.pipeline)
            for old in pipelines:
                for is_shared in (False, True):
                    self._times.pop((old, is_shared), None)

    def ran(self, batch: Sequence[Job], seconds: float, *, is_shared: bool) -> None:
        """What one call took."""
        with self._lock:
            times = self._known(batch[0].pipeline, is_shared=is_shared)
            times.observe(max(job.cost for job in batch) * len(batch), seconds)

    def done(self, taken: Scheduled) -> None:
        """A batch that was taken has been run, in one call or in several."""
        with self._lock:
            now = time.perf_counter()
            times = self._known(taken.batch[0].pipeline, is_shared=taken.is_shared)
            times.observe_pace(taken.predicted_seconds, now - self._since)
            self._since = now

    def idle(self, lane: int) -> None:
        """A lane that takes no more of its own accord."""
        with self._lock:
            self._at_work.discard(lane)

    def seconds(self) -> float:
        """How long all that waits now is likely to take."""
        with self._lock:
            return sum(
                self.time(group.pipeline, is_shared=self._is_shared).pace * self._seconds(group)
                for group in self._groups.values()
                if group.count
            )

    def seconds_for(self, caller: Caller) -> float:
        """How long an input that this caller sends now is likely to wait: for what the caller has waiting, and for as
        many turns of the others."""
        whole = self.seconds()
        with self._lock:
            if not self._jobs:
                return 0.0
            size = max(self.size(group.pipeline) for group in self._groups.values() if group.count)
            own = self._jobs.count(caller)
            turns = own // size + 1
            ahead = own + sum(min(count, turns * size) for other, count in self._jobs.counts() if other != caller)
            return whole * ahead / len(self._jobs)

    def size(self, pipeline: AnyPipeline) -> int:
        """How many inputs a call takes at most."""
        return min(pipeline.max_batch_size, self._max_batch_size)

    def _group(self, pipeline: AnyPipeline, params: Params) -> Group:
        key: tuple[AnyPipeline, object] = (pipeline, params)
        try:
            group = self._groups.get(key)
        except TypeError:  # a value in the parameters is a list or a mapping
            key = (pipeline, id(params))
            group = self._groups.get(key)
        if group is None:
            if len(self._groups) >= MAX_KEPT_GROUPS:
                self._groups = {key: group for key, group in self._groups.items() if group.count}
            group = self._groups[key] = Group(pipeline, key)
        return group

    def _known(self, pipeline: AnyPipeline, *, is_shared: bool) -> CallTime:
        """The call times of a pipeline; for one that was replaced while it ran, an unused record."""
        return CallTime() if pipeline in self._successors else self.time(pipeline, is_shared=is_shared)

    def _next(self, first: Job, lanes: int) -> list[Job]:
        """A job, and those that join it: where lanes share what waits, no more than its part of that."""
        pipeline, group = first.pipeline, first.group
        size = self.size(pipeline)
        same = (job for job in self._jobs.in_turn() if job.group is group and job.is_long is first.is_long)
        # Not of all that wait: whoever comes later with a usual cost would always pass those of rare ones.
        alike = list(itertools.islice(same, CANDIDATE_BATCHES * size))
        if first not in alike:
            alike[-1] = first
        alike.sort(key=lambda job: job.cost)
        part = math.ceil(len(self._jobs) / lanes) if self._is_shared else len(self._jobs)
        bounds = Bounds(min(part, size), pipeline.max_batch_cost)
        overhead = self.time(pipeline, is_shared=self._is_shared).overhead
        chosen = window([job.cost for job in alike], alike.index(first), bounds, overhead)
        batch = alike[chosen.start : chosen.stop]
        self._jobs.served(first.caller)
        return batch

    def _taken(self, batch: list[Job], *, starts_lane: bool) -> Scheduled:
        group = batch[0].group
        assert group is not None  # it waited
        full = min(group.count, self.size(group.pipeline))
        times = self.time(group.pipeline, is_shared=self._is_shared)
        # Its share of the calls that are told of the whole group: these may be fuller than a batch of unlike costs is.
        predicted_seconds = times.seconds(len(batch) / full, sum(job.cost for job in batch))
        self._remove(batch)
        other = self._lane_to_start(group.pipeline.lanes) if starts_lane else None
        return Scheduled(batch, self._is_shared, predicted_seconds, other)

    def _lane_to_start(self, lanes: int) -> int | None:
        """An idle lane, at work from now on, where there is enough for it to do."""
        if not self._is_shared or len(self._jobs) < lanes:
            return None
        lane = next((lane for lane in range(lanes) if lane not in self._at_work), None)
        self._at_work |= set() if lane is None else {lane}
        return lane

    def _remove(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            group, job.group = job.group, None
            assert group is not None  # it waited
            group.count -= 1
            group.cost -= job.cost
            self._jobs.remove(job.caller, job)

    def _seconds(self, group: Group) -> float:
        """At least, in calls that are full and hold nothing to pad."""
        times = self.time(group.pipeline, is_shared=self._is_shared)
        return times.seconds(math.ceil(group.count / self.size(group.pipeline)), group.cost)
