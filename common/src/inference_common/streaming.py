"""Streams: answers made piece by piece in the model's thread, a step of each open one in turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from typing import Any

from .errors import InferenceFailed, InferenceTimeout, Overloaded
from .gate import Gate
from .jobs import Timed
from .metrics import ModelMetrics
from .pipeline import AnyPipeline, Chunk
from .task import Params
from .turns import Caller, has_room
from .unread import Unread
from .worker import ModelThread

Steps = Generator[Chunk, None, None]
TURN_SECONDS = 0.01  # that an answer which is not streamed runs before other answers' steps
MAX_LAG_SECONDS = 1.0  # that a full buffer waits for its reader before another caller may take its place
MEAN_WEIGHT = 0.1  # of the latest stream, in the mean seconds that a place is held


class Streams:
    """Opens streams over one model, at most `max_open` at once; the others queue, at most `max_queue` of them, and
    their callers take turns.

    A caller that leaves takes its stream with it: the step that runs is its last. One that does not read does not stop
    the model: some chunks wait for it, and then its stream does, until somebody else waits for its place. `waiting` are
    those that queue now.
    """

    def __init__(self, thread: ModelThread, metrics: ModelMetrics, *, max_queue: int, max_open: int) -> None:
        self._thread, self._metrics = thread, metrics
        self._max_queue, self._max_open = max_queue, max_open
        self._gates: dict[int, Gate] = {}  # by how many each lets through
        self._held_seconds = 0.0  # mean
        self.waiting = 0

    async def stream(
        self, pipeline: AnyPipeline, item: Any, params: Params, caller: Caller = None
    ) -> AsyncGenerator[Chunk, None]:
        """The chunks of one answer. Raises Overloaded (429) before the first, InferenceFailed at any, InferenceTimeout
        for a caller that reads too slowly."""
        self._refuse_past_queue(pipeline, 1, caller)
        gate, leave = await self._admitted(pipeline, caller)
        steps, unread = pipeline.stream(item, params), Unread()
        making = asyncio.ensure_future(self._make(steps, unread, gate))
        making.add_done_callback(lambda _: leave(steps))  # also where it never began
        try:
            while (chunk := await unread.get()) is not None:
                yield chunk
        finally:  # nothing is awaited here: a cancelled caller could not
            making.cancel()

    async def collect(
        self, pipeline: AnyPipeline, items: Sequence[Any], params: Params, costs: Sequence[int], caller: Caller = None
    ) -> list[Timed]:
        """The whole answers of all items, in order. Raises as `stream`."""
        self._refuse_past_queue(pipeline, len(items), caller)
        wanted = [asyncio.ensure_future(self._whole(pipeline, item, params, caller)) for item in items]
        try:
            return await asyncio.gather(*wanted)
        finally:
            for one in wanted:
                one.cancel()

    async def _make(self, steps: Steps, unread: Unread, gate: Gate) -> None:
        """All chunks, at the pace of the model, or of a reader that is far behind it."""
        try:
            while (chunk := await self._thread.run(lambda: next(steps, None))) is not None:
                self._metrics.observe_chunks(1)
                unread.put(chunk)
                if unread.is_full:
                    await self._until_read(unread, gate)
            unread.end()
        except Exception as error:
            unread.end(InferenceFailed.of(error))

    async def _until_read(self, unread: Unread, gate: Gate) -> None:
        done, _ = await asyncio.wait({unread.room()}, timeout=MAX_LAG_SECONDS)
        if not done:
            late = InferenceTimeout("The stream was not read while others waited for the model; read it faster")
            await gate.hold_unless_wanted(unread.room(), late)

    async def _whole(self, pipeline: AnyPipeline, item: Any, params: Params, caller: Caller) -> Timed:
        asked = time.perf_counter()
        _, leave = await self._admitted(pipeline, caller)
        begun = time.perf_counter()
        steps = pipeline.stream(item, params)
        try:
            whole = None
            while whole is None:
                last, count = await self._thread.run(lambda: _turn(steps))
                self._metrics.observe_chunks(count)
                whole = last.whole
        except Exception as error:
            raise InferenceFailed.of(error) from error
        finally:
            leave(steps)
        return Timed(whole, begun - asked, time.perf_counter() - begun)

    def _refuse_past_queue(self, pipeline: AnyPipeline, count: int, caller: Caller) -> None:
        """Raises Overloaded past MAX_QUEUE; a caller with no more waiting than there are places may use the reserve."""
        gate = self._gate(pipeline)
        is_little = gate.count(caller) + count <= gate.most
        if not has_room(self.waiting, count, self._max_queue, is_little=is_little):
            wait = self._held_seconds * self.waiting / gate.most
            why = f"{self.waiting} inputs wait, MAX_QUEUE allows {self._max_queue}"
            raise Overloaded(f"The queue is full ({why}); try again later", retry_after=max(1, round(wait)))

    async def _admitted(self, pipeline: AnyPipeline, caller: Caller) -> tuple[Gate, Callable[[Steps], None]]:
        """A gate that has let one more stream through, and what is to be called at that one's end."""
        asked, gate = time.perf_counter(), self._gate(pipeline)
        self.waiting += 1
        try:
            await gate.acquire(caller)
        finally:
            self.waiting -= 1
        begun = time.perf_counter()
        self._metrics.observe_queue(begun - asked)

        def leave(steps: Steps) -> None:
            self._held_seconds += MEAN_WEIGHT * (time.perf_counter() - begun - self._held_seconds)
            self._thread.post(steps.close)
            gate.release()

        return gate, leave

    def _gate(self, pipeline: AnyPipeline) -> Gate:
        most = min(pipeline.max_batch_size, self._max_open)
        return self._gates.setdefault(most, Gate(most))


def _turn(steps: Steps) -> tuple[Chunk, int]:
    """The last chunk of one turn (of the answer, if the turn reaches its end), and how many there were."""
    until = time.perf_counter() + TURN_SECONDS
    for count, chunk in enumerate(steps, start=1):
        if chunk.whole is not None or time.perf_counter() > until:
            return chunk, count
    raise RuntimeError("the stream ended without its whole answer")
