"""Model: one source loaded by one library, and the state that `/ready` tells."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential

from . import memory, threads
from .batcher import Batcher
from .changeover import change_over
from .discover import Pipelines
from .errors import HubUnavailable, InferenceError, LoadFailed, ModelLoading, NotFound
from .failures import Failure
from .loader import Loader
from .metrics import Metrics
from .optimization import Optimization
from .pipeline import AnyPipeline
from .reasons import reason
from .registry import State
from .residency import Memory
from .settings import Settings
from .source import ModelSource
from .streaming import Streams
from .warmup import WarmUp
from .worker import ModelThread

T = TypeVar("T")
log = structlog.get_logger("inference")
FIRST_LOAD_SECONDS = 20.0  # told to a caller who asks while the very first load runs


class Model:
    """Loads in its own thread, in this process.

    `task` is the one to load (None: the card's own), `default_task` the one answered where a request names none, if it
    is among those that the weights answer (None: the first). Formats that can run code are read where it `is_trusted`.
    Metrics call it by the `label` (None: its name). Its weights may take `weights_budget` bytes in single precision on
    a CPU (None: any number).

    `leases` counts the requests that hold it. `pipelines` are those that the loaded weights answer, the first task's
    first; `defaults` are, by task, the raw parameters that the model's card sets for callers who do not. `memory` is
    what loading it was seen to take, `failure` why it could not be loaded; `ready_since` is by time.perf_counter.
    """

    def __init__(
        self,
        source: ModelSource,
        library: Pipelines,
        settings: Settings,
        metrics: Metrics,
        *,
        task: str | None = None,
        default_task: str | None = None,
        is_trusted: bool = True,
        label: str | None = None,
        weights_budget: int | None = None,
    ) -> None:
        self.source, self.name, self._default_task = source, source.name, default_task
        self.leases = 0
        self.memory = Memory()
        self.state: State = "loading"
        self.reason = f"{source.name} is loading"
        self.failure: Failure | None = None
        self.pipelines: Mapping[str, AnyPipeline] = {}
        self.defaults: Mapping[str, Mapping[str, Any]] = {}
        self._settings = settings
        self._thread = ModelThread()
        self._metrics, queue, batch = metrics.of_model(label or self.name), settings.max_queue, settings.max_batch_size
        self.batcher = Batcher(
            self._thread, self._metrics, max_queue=queue, max_batch_size=batch, max_wait=settings.max_wait
        )
        self.streams = Streams(self._thread, self._metrics, max_queue=queue, max_open=batch)
        self.limits = settings.limits
        self.optimization = Optimization(source, settings, self._metrics)
        self._loader = Loader(source, library, settings, self.optimization, task=task, is_trusted=is_trusted,
                              weights_budget=weights_budget)  # fmt: skip
        self._changing: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self._since, self.ready_since = time.monotonic(), 0.0

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Inside, it is in use: nothing else takes its place."""
        self.leases += 1
        try:
            yield
        finally:
            self.leases -= 1

    def close(self) -> None:
        """Let go of the weights once what runs is done; does not wait."""
        pipelines, self.pipelines = self.pipelines, {}
        self.optimization.stop()
        if self._changing is not None:
            self._changing.cancel()
        self._metrics.forget()

        def last() -> None:
            self.batcher.close()
            for pipeline in pipelines.values():
                pipeline.close()

        self._thread.post(last)
        self._thread.stop()

    @property
    def task(self) -> str:
        """The task answered where a request names none; only once loaded."""
        default = self._default_task
        return default if default is not None and default in self.pipelines else next(iter(self.pipelines))

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
                    loaded = await self._thread.run(lambda: memory.lasting()(self._loader.load)(self.batcher))
        except Exception as error:
            self.fail(error)
            return
        self.pipelines, self.defaults = loaded.pipelines, loaded.defaults
        self.memory = loaded.memory + Memory(max(0, memory.resident() - before))
        self.state, self.reason, self.failure, self.ready_since = "ready", "", None, time.perf_counter()
        self._metrics.begin(lambda: self.batcher.waiting + self.streams.waiting, lambda: self.batcher.busy_seconds)
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
        """Have these answer the same tasks from the next batch on, what waits included, and let go of those before.

        Raises LoadFailed, and leaves those before, where the first of them does not answer its example.
        """
        first = next(iter(pipelines))
        warm_up = WarmUp(self.source.name, first, pipelines[first], self.limits, self.defaults.get(first, {}))
        await self.run(lambda: warm_up.run(self.batcher))
        replaced = {self.pipelines[task]: pipeline for task, pipeline in pipelines.items()}
        await self.run(lambda: self.batcher.replace(replaced))
        self.pipelines = pipelines
        await self.run(lambda: self._let_go(replaced))

    def _let_go(self, replaced: dict[AnyPipeline, AnyPipeline]) -> None:
        while replaced:
            replaced.popitem()[0].close()
        threads.torch_leaves_the_cores()
        memory.trim()

    async def settled(self) -> None:
        """Return once it is ready. Raises why it is not, a fresh exception for each caller."""
        await self._settled.wait()
        if self.failure is not None:
            raise self.failure.error()

    async def wait_ready(self, *, hold: bool) -> None:
        """Return once ready. Raises LoadFailed, or ModelLoading past `load_wait` (at once without `hold`)."""
        if self.state == "loading" and hold:
            try:
                await asyncio.wait_for(self._settled.wait(), self._settings.load_wait)
            except TimeoutError:
                log.debug("gave up holding a request", model=self.source.name)
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

    def fail(self, error: BaseException | None, *, again: bool = False) -> None:
        """Remember why it cannot be loaded, and tell whoever waits."""
        expected = isinstance(error, InferenceError)
        self.state, self.failure = "failed", Failure.of_load(self.name, error or RuntimeError("no reason"))
        self.reason = str(error) if expected or error is None else reason(error)
        self._settled.set()
        log.error("model failed to load", model=self.source.name, reason=self.reason, will_retry=again,
                  exc_info=None if expected else error)  # fmt: skip
