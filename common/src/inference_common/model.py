"""Model: one source loaded by one library, and the state that `/ready` tells."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeVar

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential

from . import device, memory, threads
from .batcher import Batcher
from .card_defaults import card_defaults
from .changeover import change_over
from .discover import Pipelines
from .errors import HubUnavailable, InferenceError, InvalidRequest, LoadFailed, ModelLoading, NotFound
from .metrics import Metrics
from .optimization import Optimization
from .pipeline import Pipeline
from .popularity import Popularity
from .residency import Memory
from .settings import Settings
from .source import ModelCard, ModelSource
from .streaming import Streams
from .warmup import warm_up
from .worker import ModelThread

State = Literal["loading", "ready", "failed"]
AnyPipeline = Pipeline[Any, Any, Any]
T = TypeVar("T")
Admit = Callable[[str, ModelCard, type[AnyPipeline]], None]
"""Raises Forbidden for a model, by name, card and pipeline, that a caller may not have loaded."""
log = structlog.get_logger("inference")
FIRST_LOAD_SECONDS = 20.0  # told to a caller who asks while the very first load runs


class Model:
    """Loads in its own thread.

    `task` is the one asked for (None: the card's own); with `admit` the model is one that a caller named: it may be
    refused, and the caller is told why. `leases` counts the requests that hold it. `pipelines` are those that the
    loaded weights answer, the first task's first; `defaults` are, by task, the raw parameters that the model's card
    sets for callers who do not. `memory` is what loading it was seen to take.
    """

    def __init__(self, source: ModelSource, library: Pipelines, settings: Settings, metrics: Metrics, *,
                 task: str | None = None, admit: Admit | None = None) -> None:  # fmt: skip
        self.source = source
        self.leases = 0
        self.memory = Memory()
        self.state: State = "loading"
        self.reason = f"{source.name} is loading"
        self.pipelines: Mapping[str, AnyPipeline] = {}
        self.defaults: Mapping[str, Mapping[str, Any]] = {}
        self._library, self._settings, self._metrics = library, settings, metrics
        self._asked, self._admit = task, admit
        self._error: InferenceError | None = None
        self._thread = ModelThread()
        of_model, queue, batch = metrics.of_model(source.name), settings.max_queue, settings.max_batch_size
        self.batcher = Batcher(
            self._thread, of_model, max_queue=queue, max_batch_size=batch, max_wait=settings.max_wait
        )
        self.streams = Streams(self._thread, of_model, max_queue=queue, max_open=batch)
        of_model.watch_queues(lambda: self.batcher.waiting + self.streams.waiting)
        self.limits = settings.limits
        self.optimization = Optimization(source, settings, of_model)
        self.popularity = Popularity()
        self._changing: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self._since = time.monotonic()

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Inside, it is in use: nothing else takes its place."""
        self.leases += 1
        try:
            yield
        finally:
            self.leases -= 1

    def answers(self, task: str | None) -> bool:
        """Whether this task is, or will be, among those it answers."""
        return task in (None, self._asked) or task in self.pipelines

    def close(self) -> None:
        """Let go of the weights once what runs is done; does not wait."""
        pipelines, self.pipelines = self.pipelines, {}
        self.optimization.stop()
        if self._changing is not None:
            self._changing.cancel()
        self._metrics.of_model(self.source.name).forget()

        def last() -> None:
            self.batcher.close()
            for pipeline in pipelines.values():
                pipeline.close()

        self._thread.post(last)
        self._thread.stop()

    async def closed(self) -> None:
        """As close, and wait for it."""
        self.close()
        await self._thread.stopped()

    @property
    def task(self) -> str:
        """The task answered at `/`; only once loaded."""
        return next(iter(self.pipelines))

    async def fetch(self) -> bool:
        """Download the files; whether that went well."""
        try:
            await self._thread.run(self.source.path)
        except Exception as error:
            self.fail(error)
            return False
        return True

    async def load(self, *, patient: bool = False) -> None:
        """Load until ready, or failed; if `patient`, a Hub that does not answer is asked again, ever more seldom."""
        log.info("loading model", model=self.source.name)
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(HubUnavailable if patient else ()),
            wait=wait_exponential(multiplier=5, max=300),
            before_sleep=lambda attempt: self.fail(
                attempt.outcome.exception() if attempt.outcome else None, again=True
            ),
            reraise=True,
        )
        before = memory.resident()
        try:
            async for attempt in retrying:
                with attempt:
                    self.pipelines, self.defaults = await self._thread.run(memory.lasting()(self._load))
        except Exception as error:
            self.fail(error)
            return
        self.memory += Memory(max(0, memory.resident() - before))
        self.state, self.reason = "ready", ""
        self._metrics.of_model(self.source.name).set_ready(True)
        self._settled.set()
        log.info(
            "model ready",
            model=self.source.name,
            tasks=list(self.pipelines),
            seconds=round(time.monotonic() - self._since, 2),
        )

    async def optimize(self) -> None:
        """Change over to the ONNX form, if that is pending; return once it is done, or cannot be."""
        if self.pipelines and self.optimization.state == "pending":  # loaded, and not closed since
            self._changing = asyncio.create_task(change_over(self))
            await asyncio.wait({self._changing})

    async def run(self, call: Callable[[], T]) -> T:
        """The result of `call()`, made in the model's thread between two batches."""
        return await self._thread.run(call)

    async def swap(self, pipelines: Mapping[str, AnyPipeline]) -> None:
        """Have these answer the same tasks from the next batch on, what waits included, and let go of those before."""
        first = next(iter(pipelines))
        await self.run(lambda: warm_up(self.source.name, first, pipelines[first], self.limits, self.batcher))
        replaced = {self.pipelines[task]: pipeline for task, pipeline in pipelines.items()}
        await self.run(lambda: self.batcher.replace(replaced))
        self.pipelines = pipelines
        await self.run(lambda: self._let_go(replaced))

    def _let_go(self, replaced: dict[AnyPipeline, AnyPipeline]) -> None:
        while replaced:
            replaced.popitem()[0].close()
        self._torch_leaves_the_cores()
        memory.trim()

    async def wait_ready(self, *, hold: bool) -> None:
        """Return once ready. Raises LoadFailed, or ModelLoading past `load_wait` (at once without `hold`)."""
        if self.state == "loading" and hold:
            try:
                await asyncio.wait_for(self._settled.wait(), self._settings.load_wait)
            except TimeoutError:
                log.debug("gave up holding a request", model=self.source.name)
        self._raise_unless_ready()

    async def wait_settled(self) -> None:
        """Return once ready, however long that takes. Raises LoadFailed, or why it cannot be had."""
        await self._settled.wait()
        self._raise_unless_ready()

    def _raise_unless_ready(self) -> None:
        if self.state == "failed" and self._admit is not None and self._error is not None:
            raise self._error
        if self.state == "failed":
            raise LoadFailed(f"The model {self.source.name} could not be loaded: {self.reason}")
        if self.state == "loading":
            left = max(1.0, FIRST_LOAD_SECONDS - (time.monotonic() - self._since))
            raise ModelLoading(f"The model {self.source.name} is loading; try again", estimated_time=round(left, 1))

    def pipeline(self, task: str) -> AnyPipeline:
        """The pipeline of a task. Raises NotFound that tells the tasks served."""
        if task not in self.pipelines:
            served = ", ".join(self.pipelines)
            raise NotFound(f"{self.source.name} does not answer the task {task[:100]!r} here; it answers: {served}")
        return self.pipelines[task]

    def _load(self) -> tuple[dict[str, AnyPipeline], dict[str, Mapping[str, Any]]]:
        card = self.source.card()
        task = self._asked or card.task
        known = ", ".join(self._library.tasks)
        if task is None:
            how = "ask at /pipeline/TASK/MODEL with" if self._admit else "set TASK to"
            raise InvalidRequest(f"{self.source.name} does not name its task; {how} one of: {known}")
        kind = self._library.load(task)
        if self._admit is not None:
            self._admit(self.source.name, card, kind)
        where = device.resolve(self._settings.device)
        before = device.gpu_allocated(where)
        first = self.optimization.load(kind, where)
        if first is None:
            first = kind(self.source, where)
        else:
            self._torch_leaves_the_cores()
        served: dict[str, AnyPipeline] = {task: first}
        for other in kind.also:
            if other == task:
                continue
            adopted = self._library.load(other).adopt(first)
            if adopted is not None:
                served[other] = adopted
        weights = max(0, device.gpu_allocated(where) - before)
        for pipeline in served.values():
            _fit_batches(pipeline, weights)
        warm_up(self.source.name, task, first, self.limits, self.batcher)
        self.memory = Memory(gpu=weights)
        return served, {name: card_defaults(self.source.name, name, card.parameters, self.limits) for name in served}

    def _torch_leaves_the_cores(self) -> None:
        """Where this is the only model of the process: another one's network may be torch's."""
        if self._admit is None:
            threads.torch_leaves_the_cores()

    def fail(self, error: BaseException | None, *, again: bool = False) -> None:
        """Remember why it cannot be loaded, and tell whoever waits."""
        expected = isinstance(error, InferenceError)
        self.state, self._error = "failed", error if isinstance(error, InferenceError) else None
        self.reason = str(error) if expected else f"{type(error).__name__}: {str(error)[:300]}"
        self._settled.set()
        log.error("model failed to load", model=self.source.name, reason=self.reason, will_retry=again,
                  exc_info=None if expected else error)  # fmt: skip


def _fit_batches(pipeline: AnyPipeline, weights: int) -> None:
    """Give a pipeline batches of a size for its device, unless it has set its own; the rows of open streams stay as few
    as they are, since what a GPU keeps of each grows."""
    if not pipeline.streams and "max_batch_size" not in vars(pipeline):
        pipeline.max_batch_size = device.batch_size(pipeline.max_batch_size, pipeline.device, weights)
