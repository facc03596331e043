"""Batcher: queues inputs while the model runs a batch, and runs them as the next batches."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from . import threads
from .calls import Call, Outcome, Postponed
from .errors import InternalError, Overloaded
from .jobs import Job, Scheduled, Timed
from .metrics import ModelMetrics
from .pipeline import AnyPipeline
from .task import Params
from .turns import Caller, has_room
from .waiting import FIRST_LANE, Waiting
from .worker import ModelThread

MEASURED_INPUTS, MEASURED_CALLS = 4, 5  # by which the fixed cost of a call is measured: copies of one input, calls
MAX_MEASURED_SECONDS = 0.02  # of one call: what takes longer is not measured

log = structlog.get_logger("inference")


class Batcher:
    """Feeds one model's thread. Callers take turns; the oldest job of whoever's turn it is seeds a batch, and jobs of
    equal pipeline and parameters join it.

    The thread itself takes the next batch as soon as it is done with one: were it told by the event loop, it would wait
    while that writes the answers of the one before. Where many wait for a pipeline that has several `lanes`, threads of
    the batcher's own do the same beside it. `max_wait` is in seconds: what would wait longer is refused by
    refuse_past_wait.
    """

    def __init__(self, thread: ModelThread, metrics: ModelMetrics, *, max_queue: int, max_batch_size: int,
                 max_wait: float = float("inf")) -> None:  # fmt: skip
        self._lanes, self._metrics = {FIRST_LANE: thread}, metrics
        self._max_queue, self._max_wait = max_queue, max_wait
        self._waiting = Waiting(max_batch_size)

    def measure(self, pipeline: AnyPipeline, item: Any, params: Params) -> None:
        """Learn what a call costs by itself, from calls on an input alone and on several of it; in the model's thread,
        before anything else runs. Models that take long are left out: to them it is little."""

        if self._waiting.size(pipeline) < MEASURED_INPUTS or _seconds(pipeline, [item], params) > MAX_MEASURED_SECONDS:
            return
        for is_shared in (False, True) if pipeline.lanes > 1 else (False,):
            with threads.shared(is_shared):
                one, several = (
                    min(_seconds(pipeline, [item] * count, params) for _ in range(MEASURED_CALLS))
                    for count in (1, MEASURED_INPUTS)
                )
            times = self._waiting.time(pipeline, is_shared=is_shared)
            times.own = max(one / 10, (MEASURED_INPUTS * one - several) / (MEASURED_INPUTS - 1))

    async def submit(
        self, pipeline: AnyPipeline, items: Sequence[Any], params: Params, costs: Sequence[int], caller: Caller = None
    ) -> list[Timed]:
        """Run all items and answer in their order. Raises Overloaded (429) when they do not fit the queue.

        A caller that is cancelled takes its waiting items with it, before they cost anything.
        """
        if self.waiting + len(items) > self._max_queue:
            self._refuse_without_room(pipeline, len(items), caller)
        loop = asyncio.get_running_loop()
        jobs = [Job(pipeline, i, params, c, loop.create_future(), caller) for i, c in zip(items, costs, strict=True)]
        if self._waiting.add(pipeline, jobs):
            # After this turn of the event loop: what its other requests send joins the batch, and the thread is not
            # woken to wait for the interpreter's lock meanwhile.
            loop.call_soon(self._post_turn, loop, FIRST_LANE)
        try:
            if len(jobs) == 1:
                return [await jobs[0].future]
            return await asyncio.gather(*(job.future for job in jobs))
        except BaseException:
            for job in jobs:
                job.future.cancel()
            self._waiting.drop(jobs)
            raise

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

    @property
    def busy_seconds(self) -> float:
        """How long the call that runs now has been at its present step; 0 while none runs."""
        return max(thread.busy_seconds for thread in list(self._lanes.values()))

    def refuse_past_wait(self, caller: Caller = None) -> None:
        """Raises Overloaded (429) where an input that a caller sends now would wait for too long."""
        if self._waiting.seconds() <= self._max_wait:
            return
        wait = self._waiting.seconds_for(caller)
        if wait > self._max_wait:
            raise self._overloaded(f"for about {wait:.1f} s, MAX_WAIT allows {self._max_wait:g} s", wait)

    def close(self) -> None:
        """End the threads of its own once they are done, and wait for it; in the model's thread."""
        for lane, thread in list(self._lanes.items()):
            if lane != FIRST_LANE:
                thread.stop()
                thread.join()

    def _refuse_without_room(self, pipeline: AnyPipeline, count: int, caller: Caller) -> None:
        """Raises Overloaded past MAX_QUEUE; a caller with no more than a batch waiting may use the reserve."""
        is_little = self._waiting.of(caller) + count <= self._waiting.size(pipeline)
        if not has_room(self.waiting, count, self._max_queue, is_little=is_little):
            raise self._overloaded(f"MAX_QUEUE allows {self._max_queue}", self._waiting.seconds_for(caller))

    def _overloaded(self, limit: str, wait: float) -> Overloaded:
        told = f"The queue is full ({self.waiting} inputs wait, {limit}); try again later"
        return Overloaded(told, retry_after=max(1, round(wait)))

    def _post_turn(self, loop: asyncio.AbstractEventLoop, lane: int) -> None:
        if lane not in self._lanes:
            self._lanes[lane] = ModelThread()
        # Each turn anew, behind whatever else the thread was asked for meanwhile.
        self._lanes[lane].post(lambda: self._turn(loop, lane))

    def _turn(self, loop: asyncio.AbstractEventLoop, lane: int) -> None:
        """In a lane's thread: one batch, if there is one for it."""
        try:
            taken = self._waiting.take(lane)
        except BaseException:
            self._waiting.idle(lane)  # whoever comes next must not wait for it
            raise
        if taken is None:
            return
        if taken.lane_to_start is not None:
            self._begin(loop, taken.lane_to_start)
        try:
            self._run(loop, lane, taken)
        finally:
            self._post_turn(loop, lane)

    def _begin(self, loop: asyncio.AbstractEventLoop, lane: int) -> None:
        try:
            self._post_turn(loop, lane)
        except Overloaded as error:  # no thread can be had now; all that waits is run by the first lane
            self._waiting.idle(lane)
            log.warning("a batch is run by one thread less", reason=str(error))

    def _run(self, loop: asyncio.AbstractEventLoop, lane: int, taken: Scheduled, outer: Call | None = None) -> None:
        """Run a batch, and have its answers delivered, come what may; one that runs between two steps of an `outer`
        call waits for a turn of its own where it takes long."""
        thread = self._lanes[lane]

        def between() -> None:
            thread.step()
            if call.is_long and outer is not None:
                raise Postponed
            if call.is_long:
                self._let_others(loop, lane, call)

        def observe(batch: Sequence[Job], seconds: float) -> None:
            self._waiting.ran(batch, seconds, is_shared=taken.is_shared)
            self._metrics.observe_batch(len(batch), seconds)

        call = Call(taken.batch, between)
        outcomes: Sequence[Outcome] = ()
        try:
            with threads.shared(taken.is_shared):
                outcomes = call.answers(observe)
            self._waiting.done(taken)
        except Postponed:
            self._waiting.put_back(taken.batch)
            return
        except BaseException:  # of ours, not of the pipeline's
            log.exception("a batch failed outside of its pipeline")
            outcomes = [(job, InternalError("An internal error occurred; try again")) for job in taken.batch]
        # A loop that closed meanwhile has nobody left to tell.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self._deliver, outcomes)

    def _let_others(self, loop: asyncio.AbstractEventLoop, lane: int, call: Call) -> None:
        """Between two steps of a call that has run for long: a batch of another caller, if one waits."""
        taken = self._waiting.take_for_others({job.caller for job in call.batch})
        if taken is not None:
            with call.paused():
                self._run(loop, lane, taken, call)

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


def _seconds(pipeline: AnyPipeline, inputs: Sequence[Any], params: Params) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    pipeline.batch(inputs, params)
    return time.perf_counter() - started
