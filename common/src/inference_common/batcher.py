"""Batcher: while the model runs, requests gather; what waits runs next, in one call."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from . import device, threads
from .cancel import watched
from .errors import InferenceFailed, Overloaded
from .metrics import ModelMetrics
from .task import Params
from .waiting import FIRST, AnyPipeline, Job, Timed, Waiting
from .worker import ModelThread

COPIES, TRIALS = 4, 5  # of the input that a call's own cost is measured by
QUICK = 0.02  # seconds; what takes longer is not measured

Outcome = tuple[Job, Timed | BaseException]
log = structlog.get_logger("inference")


class Batcher:
    """Feeds one model's thread. The oldest job seeds a batch; jobs of equal pipeline and parameters join it.

    The thread itself takes the next batch as soon as it is done with one: were it told by the event loop, it would wait
    while that writes the answers of the one before. Where many wait for a pipeline that has several `lanes`, threads of
    the batcher's own do the same beside it. `max_wait` is in seconds: what would wait longer is refused by
    refuse_past_wait.
    """

    def __init__(self, thread: ModelThread, metrics: ModelMetrics, *, max_queue: int, max_batch_size: int,
                 max_wait: float = float("inf")) -> None:  # fmt: skip
        self._lanes, self._metrics = {FIRST: thread}, metrics
        self._max_queue, self._max_wait = max_queue, max_wait
        self._waiting = Waiting(max_batch_size)

    def measure(self, pipeline: AnyPipeline, item: Any, params: Params) -> None:
        """Learn what a call costs by itself, from calls on an input alone and on several of it; in the model's thread,
        before anything else runs. Models that take long are left out: to them it is little."""

        if self._waiting.size(pipeline) < COPIES or _seconds(pipeline, [item], params) > QUICK:
            return
        for is_shared in (False, True) if pipeline.lanes > 1 else (False,):
            with threads.shared(is_shared):
                one, several = (
                    min(_seconds(pipeline, [item] * count, params) for _ in range(TRIALS)) for count in (1, COPIES)
                )
            times = self._waiting.time(pipeline, is_shared=is_shared)
            times.own = max(one / 10, (COPIES * one - several) / (COPIES - 1))

    async def submit(
        self, pipeline: AnyPipeline, items: Sequence[Any], params: Params, costs: Sequence[int]
    ) -> list[Timed]:
        """Run all items and answer in their order. Raises Overloaded (429) when they do not fit the queue.

        A caller that is cancelled takes its waiting items with it, before they cost anything.
        """
        if self.waiting + len(items) > self._max_queue:
            raise self._overloaded(self._waiting.seconds())
        loop = asyncio.get_running_loop()
        jobs = [Job(pipeline, i, params, c, loop.create_future()) for i, c in zip(items, costs, strict=True)]
        if self._waiting.add(pipeline, jobs):
            # After this turn of the event loop: what its other requests send joins the batch, and the thread is not
            # woken to wait for the interpreter's lock meanwhile.
            loop.call_soon(self._post_turn, loop, FIRST)
        try:
            if len(jobs) == 1:
                return [await jobs[0].future]
            return await asyncio.gather(*(job.future for job in jobs))
        finally:
            for job in jobs:
                job.future.cancel()

    def replace(self, pipelines: Mapping[AnyPipeline, AnyPipeline]) -> None:
        """Have other pipelines run the inputs that wait, and later ones, of those that they replace. To be called in
        the model's thread; batches that run at the same time are finished by the pipeline that began them."""
        self._waiting.replace(pipelines)

    def max_batch_size(self, pipeline: AnyPipeline) -> int:
        """The most inputs that one call of a pipeline is given."""
        return self._waiting.size(pipeline)

    @property
    def waiting(self) -> int:
        """How many inputs wait."""
        return len(self._waiting)

    def refuse_past_wait(self) -> None:
        """Raises Overloaded (429) where an input that comes now would wait for too long."""
        wait = self._waiting.seconds()
        if wait > self._max_wait:
            raise self._overloaded(wait)

    def _overloaded(self, wait: float) -> Overloaded:
        why = f"{self.waiting} inputs wait, for about {wait:.1f} s"
        return Overloaded(f"The queue is full ({why}); try again later", retry_after=max(1, round(wait)))

    def close(self) -> None:
        """End the threads of its own once they are done, and wait for it; in the model's thread."""
        for lane, thread in list(self._lanes.items()):
            if lane != FIRST:
                thread.stop()
                thread.join()

    def _post_turn(self, loop: asyncio.AbstractEventLoop, lane: int) -> None:
        if lane not in self._lanes:
            self._lanes[lane] = ModelThread()
        # Each turn anew, behind whatever else the thread was asked for meanwhile.
        self._lanes[lane].post(lambda: self._turn(loop, lane))

    def _turn(self, loop: asyncio.AbstractEventLoop, lane: int) -> None:
        """In a lane's thread: one batch, if there is one for it."""
        taken = self._waiting.take(lane)
        if taken is None:
            return
        if taken.helper is not None:
            self._post_turn(loop, taken.helper)
        try:
            with threads.shared(taken.is_shared):
                outcomes = self._answer(taken.batch, is_shared=taken.is_shared)
            self._waiting.done(taken)
        except BaseException:  # of ours, not of the pipeline's: whoever comes next must not wait for this lane
            self._waiting.idle(lane)
            raise
        # A loop that closed meanwhile has nobody left to tell.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self._deliver, outcomes)
        self._post_turn(loop, lane)

    def _answer(self, batch: Sequence[Job], *, is_shared: bool) -> Sequence[Outcome]:
        started = time.perf_counter()
        try:
            outputs: Sequence[Any] | None = _call(batch)
        except BaseException as error:  # whoever waits decides what it means
            if len(batch) == 1 or not isinstance(error, Exception):
                told = InferenceFailed.of(error) if isinstance(error, Exception) else error
                return [(job, told) for job in batch]
            outputs = None
            if device.is_out_of_memory(error):
                _halve_batches(batch)
        if outputs is None:  # outside of `except`: the error would keep the failed call's tensors
            # One bad input must not fail its neighbours: each runs alone, and only the bad one fails.
            alone = [job for job in batch if not job.future.done()]
            return [outcome for job in alone for outcome in self._answer([job], is_shared=is_shared)]
        ran = time.perf_counter() - started
        self._waiting.ran(batch, ran, is_shared=is_shared)
        self._metrics.observe_batch(len(batch), ran)
        return [
            (job, Timed(output, started - job.since, ran)) for job, output in zip(batch, outputs, strict=True)
        ]  # fmt: skip

    def _deliver(self, outcomes: Sequence[Outcome]) -> None:
        for job, outcome in outcomes:
            if isinstance(outcome, Timed):
                self._metrics.observe_queue(outcome.queued)
            if job.future.done():
                continue
            if isinstance(outcome, Timed):
                job.future.set_result(outcome)
            else:
                job.future.set_exception(outcome)


def _call(batch: Sequence[Job]) -> Sequence[Any]:
    pipeline, params = batch[0].pipeline, batch[0].params
    with watched(lambda: all(job.future.done() for job in batch)):
        outputs = pipeline.batch([job.inputs for job in batch], params)
    if len(outputs) != len(batch):
        raise RuntimeError(f"{type(pipeline).__name__}.batch gave {len(outputs)} outputs for {len(batch)} inputs")
    return outputs


def _seconds(pipeline: AnyPipeline, inputs: Sequence[Any], params: Params) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    pipeline.batch(inputs, params)
    return time.perf_counter() - started


def _halve_batches(batch: Sequence[Job]) -> None:
    """Give a pipeline smaller batches from now on, for which the GPU has the memory."""
    pipeline = batch[0].pipeline
    pipeline.max_batch_size = len(batch) // 2
    log.warning("the GPU's memory was full; batches are smaller now", max_batch_size=pipeline.max_batch_size)
