"""Service: what the routes of one app share, and the one way from a payload to outputs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.requests import ClientDisconnect, Request

from .batcher import Batcher, Timed
from .codecs.json import validate_params
from .errors import InferenceTimeout, RequestTimeout, TooLarge
from .metrics import Metrics
from .model import AnyPipeline, Model
from .settings import Settings
from .task import Params, Task

T = TypeVar("T")
AnyTask = Task[Any, Any, Any]
DECODERS = 4  # threads for decoding and encoding; more would only fight the model for cores


@dataclass(frozen=True)
class Work:
    """One request, decoded and ready for the model."""

    task: AnyTask
    pipeline: AnyPipeline
    items: Sequence[Any]
    params: Params
    many: bool


@dataclass(frozen=True)
class Answer:
    """The outputs in order, what they cost in the pipeline's unit, and the headers that tell."""

    outputs: Sequence[Any]
    cost: int
    headers: Mapping[str, str]


class Service:
    """One model behind one app."""

    def __init__(self, settings: Settings, metrics: Metrics, model: Model, batcher: Batcher) -> None:
        self.settings, self.metrics, self.model = settings, metrics, model
        self.limits = settings.limits
        self._batcher = batcher
        self._decoders = CapacityLimiter(DECODERS)

    async def in_thread(self, call: Callable[[], T]) -> T:
        """Run what takes time but not the model, off the event loop."""
        return await anyio.to_thread.run_sync(call, limiter=self._decoders)

    async def read_body(self, request: Request) -> bytes:
        """The whole body. Raises TooLarge (413) as soon as that is known, RequestTimeout (408) for a slow caller."""
        limit = self.settings.max_body_bytes
        told = request.headers.get("content-length", "")
        too_large = TooLarge(f"The request body is larger than {limit:,} bytes; send less at once")
        if told.isdecimal() and int(told) > limit:
            raise too_large
        body = bytearray()
        try:
            async with asyncio.timeout(self.settings.body_timeout):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > limit:
                        raise too_large
        except TimeoutError:
            seconds = self.settings.body_timeout
            raise RequestTimeout(f"The request body did not arrive within {seconds:g} s; send it faster") from None
        return bytes(body)

    def prepare(self, task: AnyTask, pipeline: AnyPipeline, items: Sequence[Any], raw: Mapping[str, Any], *,
                many: bool) -> Work:  # fmt: skip
        """Validate raw parameters, for the task and then for this model. Raises InvalidRequest."""
        params = validate_params(task.params, raw, tuple(task.params.model_fields))
        pipeline.check(params)
        return Work(task, pipeline, items, params, many)

    async def run(self, request: Request, work: Work) -> Answer:
        """The model's outputs. Raises Overloaded, InferenceFailed, InferenceTimeout, or ClientDisconnect."""
        started = time.perf_counter()
        costs = await self.in_thread(lambda: [work.pipeline.cost(item) for item in work.items])
        timed = await self._until_gone(request, self._batcher.submit(work.pipeline, work.items, work.params, costs))
        cost = sum(costs)
        return Answer([t.output for t in timed], cost, _headers(work, timed, cost, time.perf_counter() - started))

    async def _until_gone(self, request: Request, work: Awaitable[list[Timed]]) -> list[Timed]:
        task = asyncio.ensure_future(work)
        gone = asyncio.ensure_future(_disconnected(request))
        try:
            await asyncio.wait({task, gone}, timeout=self.settings.timeout, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            if gone.done():
                raise ClientDisconnect
            raise InferenceTimeout(f"The model did not answer within {self.settings.timeout:g} s; send less at once")
        finally:
            for pending in (task, gone):
                pending.cancel()
            await asyncio.wait({task, gone})
            if not task.cancelled():
                task.exception()  # seen, so that asyncio does not report it as lost


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue


def _headers(work: Work, timed: Sequence[Timed], cost: int, total: float) -> Mapping[str, str]:
    ran = max(t.ran for t in timed)
    headers = {
        "x-compute-type": "cpu" if work.pipeline.device.startswith("cpu") else "gpu",
        "x-compute-time": f"{ran:.6f}",
        "x-queue-time": f"{max(t.queued for t in timed):.6f}",
        "x-inference-time": f"{ran:.6f}",
        "x-total-time": f"{total:.6f}",
        **work.task.input.meter(work.items),
    }
    if work.pipeline.cost_unit is not None:
        headers[f"x-compute-{work.pipeline.cost_unit}"] = str(cost)
    return headers
