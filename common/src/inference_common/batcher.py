"""Batcher: while the model runs, requests gather; what waits runs next, those of equal parameters and near-equal cost
together."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .batching import Bounds, CallTime, window
from .cancel import watched
from .errors import InferenceFailed, Overloaded
from .metrics import ModelMetrics
from .pipeline import Pipeline
from .task import Params
from .worker import ModelThread

AnyPipeline = Pipeline[Any, Any, Any]
REACH = 2  # full calls: so many of the oldest are chosen from
COPIES, TRIALS = 4, 5  # of the input that a call's own cost is measured by
QUICK = 0.02  # seconds; what takes longer is not measured


@dataclass(frozen=True)
class Timed:
    """An output, and the seconds its input waited and ran."""

    output: Any
    queued: float
    ran: float


@dataclass(eq=False)
class _Job:
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


class Batcher:
    """Feeds one model's thread. The oldest job seeds a batch; jobs of equal pipeline and parameters join it.

    `max_wait` is in seconds: what would wait longer even if all that waits ran in full calls is refused at once.
    """

    def __init__(self, thread: ModelThread, metrics: ModelMetrics, *, max_queue: int, max_batch_size: int,
                 max_wait: float = float("inf")) -> None:  # fmt: skip
        self._thread, self._metrics = thread, metrics
        self._max_queue, self._max_batch_size, self._max_wait = max_queue, max_batch_size, max_wait
        self._waiting: deque[_Job] = deque()
        self._runner: asyncio.Task[None] | None = None
        self._times: dict[AnyPipeline, CallTime] = defaultdict(CallTime)
        self._backlog: dict[AnyPipeline, _Backlog] = defaultdict(_Backlog)

    def measure(self, pipeline: AnyPipeline, item: Any, params: Params) -> None:
        """Learn what a call costs by itself, from calls on an input alone and on several of it; in the model's thread,
        before anything else runs. Models that take long are left out: to them it is little."""

        def seconds(count: int) -> float:
            started = time.perf_counter()
            pipeline.batch([item] * count, params)
            return time.perf_counter() - started

        if self._size(pipeline) < COPIES or seconds(1) > QUICK:
            return
        one, several = (min(seconds(count) for _ in range(TRIALS)) for count in (1, COPIES))
        self._times[pipeline].own = max(one / 10, (COPIES * one - several) / (COPIES - 1))

    async def submit(
        self, pipeline: AnyPipeline, items: Sequence[Any], params: Params, costs: Sequence[int]
    ) -> list[Timed]:
        """Run all items and answer in their order. Raises Overloaded (429) when they do not fit the queue, or would
        wait in it for too long.

        A caller that is cancelled takes its waiting items with it, before they cost anything.
        """
        self.refuse_past_queue(len(items))
        loop = asyncio.get_running_loop()
        jobs = [_Job(pipeline, i, params, c, loop.create_future()) for i, c in zip(items, costs, strict=True)]
        self._waiting.extend(jobs)
        self._backlog[pipeline].change(len(costs), sum(costs))
        if self._runner is None:
            self._runner = asyncio.create_task(self._run())
        try:
            if len(jobs) == 1:
                return [await jobs[0].future]
            return await asyncio.gather(*(job.future for job in jobs))
        finally:
            for job in jobs:
                job.future.cancel()

    @property
    def waiting(self) -> int:
        """How many inputs wait."""
        return len(self._waiting)

    def refuse_past_queue(self, count: int) -> None:
        """Raises Overloaded (429) when so many more inputs do not fit the queue, or would wait in it for too long."""
        wait = sum(self._times[of].pace * self._seconds(of) for of in self._backlog)
        if len(self._waiting) + count > self._max_queue or wait > self._max_wait:
            why = f"{len(self._waiting)} inputs wait, for about {wait:.1f} s"
            raise Overloaded(f"The queue is full ({why}); try again later", retry_after=max(1, round(wait)))

    async def _run(self) -> None:
        try:
            now = time.perf_counter()
            while batch := self._next_batch():
                before, pipeline = now, batch[0].pipeline
                full = self._seconds(pipeline)
                self._take(batch)
                told = full - self._seconds(pipeline)
                await self._run_batch(batch)
                now = time.perf_counter()
                self._times[pipeline].observe_pace(told, now - before)
        finally:
            self._runner = None

    def _next_batch(self) -> list[_Job]:
        self._take([job for job in self._waiting if job.future.done()])
        if not self._waiting:
            return []
        first = self._waiting[0]
        pipeline, params = first.pipeline, first.params
        bounds = Bounds(self._size(pipeline), pipeline.max_batch_cost)
        same = (
            job for job in self._waiting
            if job.pipeline is pipeline and (job.params is params or job.params == params)
        )  # fmt: skip
        # Not of all that wait: whoever comes later with a usual cost would always pass those of rare ones.
        alike = sorted(itertools.islice(same, REACH * self._size(pipeline)), key=lambda job: job.cost)
        chosen = window([job.cost for job in alike], alike.index(first), bounds, self._times[pipeline].overhead)
        return alike[chosen.start : chosen.stop]

    def _take(self, jobs: Sequence[_Job]) -> None:
        """Those wait no more."""
        if not jobs:
            return
        taken = set(jobs)
        self._waiting = deque(job for job in self._waiting if job not in taken)
        for job in jobs:
            self._backlog[job.pipeline].change(-1, -job.cost)

    def _size(self, pipeline: AnyPipeline) -> int:
        return min(pipeline.max_batch_size, self._max_batch_size)

    def _seconds(self, pipeline: AnyPipeline) -> float:
        """How long what waits for a pipeline takes at least."""
        waits = self._backlog[pipeline]
        return self._times[pipeline].seconds(math.ceil(waits.count / self._size(pipeline)), waits.cost)

    async def _run_batch(self, batch: list[_Job]) -> None:
        started = time.perf_counter()
        try:
            outputs = await self._thread.run(lambda: _call(batch))
        except BaseException as error:
            if len(batch) == 1 or not isinstance(error, Exception):
                _fail(batch, error)
                return
            # One bad input must not fail its neighbours: each runs alone, and only the bad one fails.
            for job in batch:
                if not job.future.done():
                    await self._run_batch([job])
            return
        ran = time.perf_counter() - started
        costs = [job.cost for job in batch]
        self._times[batch[0].pipeline].observe(max(costs) * len(costs), ran)
        self._metrics.observe_batch(len(batch), ran)
        for job, output in zip(batch, outputs, strict=True):
            self._metrics.observe_queue(started - job.since)
            if not job.future.done():
                job.future.set_result(Timed(output, started - job.since, ran))


def _call(batch: Sequence[_Job]) -> Sequence[Any]:
    pipeline, params = batch[0].pipeline, batch[0].params
    with watched(lambda: all(job.future.done() for job in batch)):
        outputs = pipeline.batch([job.inputs for job in batch], params)
    if len(outputs) != len(batch):
        raise RuntimeError(f"{type(pipeline).__name__}.batch gave {len(outputs)} outputs for {len(batch)} inputs")
    return outputs


def _fail(batch: Sequence[_Job], error: BaseException) -> None:
    told = InferenceFailed.of(error) if isinstance(error, Exception) else error
    for job in batch:
        if not job.future.done():
            job.future.set_exception(told)
