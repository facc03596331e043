"""Streams: answers made piece by piece in the model's thread, a step of each open one in turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from typing import Any

from .errors import InferenceFailed, Overloaded
from .metrics import ModelMetrics
from .pipeline import Chunk, Pipeline
from .task import Params
from .waiting import Timed
from .worker import ModelThread

AnyPipeline = Pipeline[Any, Any, Any]
Steps = Generator[Chunk, None, None]
TURN = 0.01  # seconds that an answer wanted whole steps on before it is another's turn: nobody reads its chunks


class Streams:
    """Opens streams over one model, at most `max_open` at once; the others queue, at most `max_queue` of them.

    A caller that leaves takes its stream with it: the step that runs is its last. `waiting` are those that queue now.
    """

    def __init__(self, thread: ModelThread, metrics: ModelMetrics, *, max_queue: int, max_open: int) -> None:
        self._thread, self._metrics = thread, metrics
        self._max_queue, self._max_open = max_queue, max_open
        self._gates: dict[int, asyncio.Semaphore] = {}  # by how many each lets through
        self.waiting = 0

    async def stream(self, pipeline: AnyPipeline, item: Any, params: Params) -> AsyncGenerator[Chunk, None]:
        """The chunks of one answer. Raises Overloaded (429) before the first, InferenceFailed at any."""
        self._refuse_past_queue(1)
        gate = await self._admitted(pipeline)
        steps = pipeline.stream(item, params)
        try:
            while (chunk := await self._thread.run(lambda: next(steps, None))) is not None:
                self._metrics.observe_chunks(1)
                yield chunk
        except Exception as error:
            raise InferenceFailed.of(error) from error
        finally:  # nothing is awaited here: a cancelled caller could not
            self._thread.post(steps.close)
            gate.release()

    async def collect(
        self, pipeline: AnyPipeline, items: Sequence[Any], params: Params, costs: Sequence[int]
    ) -> list[Timed]:
        """The whole answers of all items, in order. Raises as `stream`."""
        self._refuse_past_queue(len(items))
        wanted = [asyncio.ensure_future(self._whole(pipeline, item, params)) for item in items]
        try:
            return await asyncio.gather(*wanted)
        finally:
            for one in wanted:
                one.cancel()

    async def _whole(self, pipeline: AnyPipeline, item: Any, params: Params) -> Timed:
        asked = time.perf_counter()
        gate = await self._admitted(pipeline)
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
            self._thread.post(steps.close)
            gate.release()
        return Timed(whole, begun - asked, time.perf_counter() - begun)

    def _refuse_past_queue(self, count: int) -> None:
        if self.waiting + count > self._max_queue:
            raise Overloaded(f"The queue is full ({self.waiting} inputs wait); try again later", retry_after=1)

    async def _admitted(self, pipeline: AnyPipeline) -> asyncio.Semaphore:
        """A gate that has let one more stream through, to be released at its end."""
        asked = time.perf_counter()
        most = min(pipeline.max_batch_size, self._max_open)
        gate = self._gates.setdefault(most, asyncio.Semaphore(most))
        self.waiting += 1
        try:
            await gate.acquire()
        finally:
            self.waiting -= 1
        self._metrics.observe_queue(time.perf_counter() - asked)
        return gate


def _turn(steps: Steps) -> tuple[Chunk, int]:
    """The last chunk of one turn (of the answer, if the turn reaches its end), and how many there were."""
    until = time.perf_counter() + TURN
    for count, chunk in enumerate(steps, start=1):
        if chunk.whole is not None or time.perf_counter() > until:
            return chunk, count
    raise RuntimeError("the stream ended without its whole answer")
