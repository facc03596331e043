"""Batcher: while the model runs, requests gather; what waits runs next, grouped by equal parameters."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .cancel import watched
from .errors import InferenceFailed, Overloaded
from .metrics import ModelMetrics
from .pipeline import Pipeline
from .task import Params
from .worker import ModelThread

AnyPipeline = Pipeline[Any, Any, Any]


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


class Batcher:
    """Feeds one model's thread. The oldest job seeds a batch; jobs of equal pipeline and parameters join it."""

    def __init__(self, thread: ModelThread, metrics: ModelMetrics, *, max_queue: int, max_batch_size: int) -> None:
        self._thread, self._metrics = thread, metrics
        self._max_queue, self._max_batch_size = max_queue, max_batch_size
        self._waiting: deque[_Job] = deque()
        self._runner: asyncio.Task[None] | None = None
        self._seconds_per_job = 0.0

    async def submit(
        self, pipeline: AnyPipeline, items: Sequence[Any], params: Params, costs: Sequence[int]
    ) -> list[Timed]:
        """Run all items and answer in their order. Raises Overloaded (429) when they do not fit the queue.

        A caller that is cancelled takes its waiting items with it, before they cost anything.
        """
        if len(self._waiting) + len(items) > self._max_queue:
            wait = max(1, round(self._seconds_per_job * len(self._waiting)))
            raise Overloaded(f"The queue is full ({len(self._waiting)} inputs wait); try again later", retry_after=wait)
        loop = asyncio.get_running_loop()
        jobs = [_Job(pipeline, i, params, c, loop.create_future()) for i, c in zip(items, costs, strict=True)]
        self._waiting.extend(jobs)
        self._metrics.set_queue(len(self._waiting))
        if self._runner is None:
            self._runner = asyncio.create_task(self._run())
        try:
            return await asyncio.gather(*(job.future for job in jobs))
        finally:
            for job in jobs:
                job.future.cancel()

    async def _run(self) -> None:
        try:
            while batch := self._next_batch():
                await self._run_batch(batch)
        finally:
            self._runner = None
            self._metrics.set_queue(len(self._waiting))

    def _next_batch(self) -> list[_Job]:
        self._waiting = deque(job for job in self._waiting if not job.future.done())
        if not self._waiting:
            return []
        first = self._waiting[0]
        size = min(first.pipeline.max_batch_size, self._max_batch_size)
        alike = [j for j in self._waiting if j.pipeline is first.pipeline and j.params == first.params]
        # Near-equal costs pad least: the oldest is in for certain, and those nearest to its cost join it.
        batch = [first, *sorted(alike[1:], key=lambda job: abs(job.cost - first.cost))[: size - 1]]
        taken = set(map(id, batch))
        self._waiting = deque(job for job in self._waiting if id(job) not in taken)
        self._metrics.set_queue(len(self._waiting))
        return batch

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
        self._seconds_per_job = ran / len(batch)
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
