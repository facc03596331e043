"""Service: what the routes of one app share, and the one way from a payload to outputs."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.requests import Request
from typing_extensions import TypeVar  # with a default, from Python 3.13 on in typing

from . import memory
from .account import MemoryAccount
from .body import BodyReader
from .call_memory import hold_call
from .card_defaults import with_defaults
from .codecs.json import validate_params, without_nulls
from .errors import InvalidRequest
from .jobs import Timed
from .metrics import Metrics
from .model import Model
from .models import Models
from .patience import ARRIVED, CancelOnDisconnect, disconnect_timer, too_slow
from .pipeline import AnyPipeline, Chunk
from .settings import Settings
from .switching import ShortSwitchInterval
from .task import Params, Task
from .turns import caller_of
from .warning_headers import warning_header

T = TypeVar("T")
M = TypeVar("M", default=Models)
AnyTask = Task[Any, Any, Any]
TRIM_AFTER_SECONDS = 0.5
DECODERS = 4  # threads for decoding and encoding; more would only fight the model for cores


@dataclass(slots=True)
class Work:
    """One request, decoded and ready for the model; `costs` are those of its items, `warnings` what the answer will
    leave out of what was asked for."""

    model: Model
    task: AnyTask
    pipeline: AnyPipeline
    items: Sequence[Any]
    costs: Sequence[int]
    params: Params
    many: bool
    warnings: Sequence[str] = ()

    @property
    def compute_type(self) -> str:
        """What the header `x-compute-type` tells."""
        where = "cpu" if self.pipeline.device.startswith("cpu") else "gpu"
        return f"{where}+optimized" if self.pipeline.is_optimized else where

    @property
    def streamed(self) -> bool:
        """Whether the caller wants the answer piece by piece."""
        return self.task.events is not None and bool(getattr(self.params, "stream", False))


@dataclass(slots=True)
class Answer:
    """The outputs in order, what they cost in the pipeline's unit, and the headers that tell."""

    outputs: Sequence[Any]
    cost: int
    headers: Mapping[str, str]


class Service(Generic[M]):
    """What is behind one app: its model, or `M`, the models of a library server."""

    def __init__(self, settings: Settings, metrics: Metrics, models: M) -> None:
        self.settings, self.metrics, self.models = settings, metrics, models
        self.limits = settings.limits
        self._loop = asyncio.get_running_loop()
        budget = memory.requests_budget(settings.max_request_memory_mib, settings.max_body_bytes)
        self.account = MemoryAccount(budget, self._trim_later)
        metrics.watch_request_memory(self.account)
        self._bodies = BodyReader(settings, self.account)
        self._decoders, self._unlimited = CapacityLimiter(DECODERS), CapacityLimiter(math.inf)
        self._short_switch_interval = ShortSwitchInterval()
        self._disconnect_timer = disconnect_timer(settings.timeout)

    async def in_thread(self, request: Request | None, call: Callable[[], T], *, light: bool = False) -> T:
        """Run what takes time but not the model, off the event loop; what is so `light` that this would take longer,
        at once. Raises ClientDisconnect where the caller of a `request` leaves before there is a thread for it."""
        if light:
            return call()
        if request is None:
            with self._short_switch_interval:
                return await anyio.to_thread.run_sync(call, limiter=self._decoders)
        turn = object()
        with CancelOnDisconnect(request, self.settings.timeout, self._disconnect_timer):
            await self._decoders.acquire_on_behalf_of(turn)
        try:
            with self._short_switch_interval:
                return await anyio.to_thread.run_sync(call, limiter=self._unlimited)
        finally:
            self._decoders.release_on_behalf_of(turn)

    def _trim_later(self) -> None:
        """In a moment, once nothing refers to what requests held; in any thread."""

        def trim() -> None:
            self._loop.run_in_executor(None, memory.trim_after_burst)

        self._loop.call_soon_threadsafe(self._loop.call_later, TRIM_AFTER_SECONDS, trim)

    def read_body(self, request: Request) -> Awaitable[bytes]:
        """The whole body. Raises as BodyReader.read."""
        return self._bodies.read(request)

    def prepare(self, model: Model, task: AnyTask, items: Sequence[Any], raw: Mapping[str, Any], *,
                many: bool) -> Work:  # fmt: skip
        """Validate raw parameters over the card's own, for the task and then for this model; preprocess the items, and
        hold the memory that the call will need.

        Raises InvalidRequest, TooLarge (413), Overloaded (429).
        """
        pipeline = model.pipeline(task.name)
        given = with_defaults(task.params, model.defaults.get(task.name, {}), without_nulls(raw))
        asked = validate_params(task.params, given)
        params = asked.within(self.limits)
        pipeline.check(params)
        items = [pipeline.preprocess(item) for item in items]
        costs = [pipeline.cost(item) for item in items]
        hold_call(pipeline, costs, params)
        warnings = [*asked.lowered(self.limits), *pipeline.warnings(items, costs, asked)]
        work = Work(model, task, pipeline, items, costs, params, many, warnings)
        if work.streamed and many:
            raise InvalidRequest("A stream answers one input, and inputs is a list; send one, or leave out stream")
        return work

    async def run(self, request: Request, work: Work) -> Answer:
        """The model's outputs. Raises Overloaded, InferenceFailed, InferenceTimeout, or ClientDisconnect."""
        started = time.perf_counter()
        submit = work.model.streams.collect if work.pipeline.streams else work.model.batcher.submit
        with CancelOnDisconnect(request, self.settings.timeout, self._disconnect_timer, _begun(request, work)):
            timed = await submit(work.pipeline, work.items, work.params, work.costs, caller_of(request))
        cost = sum(work.costs)
        return Answer([t.output for t in timed], cost, _headers(work, timed, cost, time.perf_counter() - started))

    async def stream(self, request: Request, work: Work) -> tuple[Chunk, AsyncGenerator[Chunk, None]]:
        """The first chunk, once it is there, and the others. Raises as `run`; the generator too, at any chunk."""
        chunks = self._in_time(request, work)
        with CancelOnDisconnect(request, self.settings.timeout, self._disconnect_timer, _begun(request, work)):
            return await anext(chunks), chunks

    def seconds_left(self, request: Request, work: Work) -> float:
        """How long the answer to a request may still take."""
        return self.settings.timeout - (time.perf_counter() - _begun(request, work))

    async def _in_time(self, request: Request, work: Work) -> AsyncGenerator[Chunk, None]:
        until = asyncio.get_running_loop().time() + self.seconds_left(request, work)
        chunks = work.model.streams.stream(work.pipeline, work.items[0], work.params, caller_of(request))
        with work.model.kept():
            async with contextlib.aclosing(chunks):
                while True:
                    try:
                        async with asyncio.timeout_at(until):
                            chunk = await anext(chunks, None)
                    except TimeoutError:
                        raise too_slow(self.settings.timeout) from None
                    if chunk is None:
                        return
                    yield chunk


def _begun(request: Request, work: Work) -> float:
    """When the time of an answer began: as its request came, or later as its model was loaded."""
    arrived: float = request.scope.get(ARRIVED, 0.0)
    return max(arrived, work.model.ready_since)


def _headers(work: Work, timed: Sequence[Timed], cost: int, total: float) -> Mapping[str, str]:
    ran, queued = timed[0].ran, timed[0].queued
    if len(timed) > 1:
        ran, queued = max(t.ran for t in timed), max(t.queued for t in timed)
    seconds = f"{ran:.6f}"
    headers = {
        "x-compute-type": work.compute_type,
        "x-compute-time": seconds,
        "x-queue-time": f"{queued:.6f}",
        "x-inference-time": seconds,
        "x-total-time": f"{total:.6f}",
        **work.task.input.meter(work.items),
        **warning_header(work.warnings),
    }
    if work.pipeline.cost_unit is not None:
        headers[f"x-compute-{work.pipeline.cost_unit}"] = str(cost)
    return headers
