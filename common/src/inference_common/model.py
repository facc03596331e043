"""Model: one source loaded by one library, and the state that `/ready` tells."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential

from . import device, memory
from .batcher import Batcher
from .changeover import change_over
from .discover import Pipelines
from .errors import HubUnavailable, InferenceError, LoadFailed, ModelLoading, NotFound
from .failures import Failure
from .hub import Resolved
from .loader import Admit, Loader
from .metrics import Metrics
from .optimization import Optimization
from .pipeline import AnyPipeline
from .popularity import Popularity
from .reasons import reason
from .registry import State
from .residency import Memory
from .settings import Settings
from .source import ModelSource
from .streaming import Streams
from .warmup import warm_up
from .worker import ModelThread

T = TypeVar("T")
log = structlog.get_logger("inference")
PRIVATE = "private"  # what metrics call all models whose repositories are private
FIRST_LOAD_SECONDS = 20.0  # told to a caller who asks while the very first load runs


class Model:
    """Loads in its own thread, in this process.

    `task` is the one asked for (None: the card's own); `resolved` and `admit` are given for a model that a caller
    named: what the Hub says of it, and what refuses it. `fetch` gets the files, by default as the source does.

    `leases` counts the requests that hold it; whoever gives the last one back calls `when_idle`. `pipelines` are those
    that the loaded weights answer, the first task's first; `defaults` are, by task, the raw parameters that the model's
    card sets for callers who do not. `memory` is what loading it was seen to take, `failure` why it did not load;
    `ready_since` is by time.perf_counter.
    """

    def __init__(self, source: ModelSource, library: Pipelines, settings: Settings, metrics: Metrics, *,
                 task: str | None = None, resolved: Resolved | None = None, admit: Admit | None = None,
                 fetch: Callable[[], object] | None = None) -> None:  # fmt: skip
        self.source, self.name, self.resolved = source, source.name, resolved
        self._fetch = fetch or source.path
        self.leases = 0
        self.when_idle: Callable[[], None] | None = None
        self.memory = Memory()
        self.state: State = "loading"
        self.reason = f"{source.name} is loading"
        self.failure: Failure | None = None
        self.pipelines: Mapping[str, AnyPipeline] = {}
        self.defaults: Mapping[str, Mapping[str, Any]] = {}
        self._settings, self._task, self._is_named = settings, task, admit is not None
        self._thread = ModelThread()
        # Metrics are for all to read; who may know of a private model is not.
        label = PRIVATE if resolved is not None and resolved.private else source.name
        self._metrics, queue, batch = metrics.of_model(label), settings.max_queue, settings.max_batch_size
        self.batcher = Batcher(
            self._thread, self._metrics, max_queue=queue, max_batch_size=batch, max_wait=settings.max_wait
        )
        self.streams = Streams(self._thread, self._metrics, max_queue=queue, max_open=batch)
        self.limits = settings.limits
        self.optimization = Optimization(source, settings, self._metrics)
        self.popularity = Popularity()
        self._loader = Loader(source, library, settings, self.optimization, task=task, admit=admit)
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
            self.release()

    def release(self) -> None:
        """Give a lease back."""
        self.leases -= 1
        if not self.leases and self.when_idle is not None:
            self.when_idle()

    def answers(self, task: str) -> bool:
        """Whether this task is, or will be, among those it answers."""
        return task == self._task or task in self.pipelines

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

    async def closed(self) -> None:
        """As close, and wait for it."""
        self.close()
        await self._thread.stopped()

    @property
    def task(self) -> str:
        """The task answered where a request names none; only once loaded. The card's, of a model that a caller named:
        it may have been loaded for another."""
        cards = None if self.resolved is None else self.resolved.card.task
        return cards if cards is not None and cards in self.pipelines else next(iter(self.pipelines))

    async def fetch(self) -> bool:
        """Import the library, then download the files; whether that went well."""
        try:
            await self._thread.run(memory.lasting()(self._loader.check))
            await self._thread.run(self._fetch)
        except Exception as error:
            self.fail(error)
            return False
        return True

    def likely_memory(self) -> Memory:
        """What it will take, by its files, whether or not they are there; blocks. Raises LoadFailed."""
        files = memory.size_of(self.source.path()) if self.resolved is None else self.resolved.total_bytes
        return Memory(gpu=files) if device.is_cuda(device.resolve(self._settings.device)) else Memory(host=files)

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
        self._loader.leave_cores()
        memory.trim()

    async def settled(self) -> None:
        """Return once it is ready, or failed."""
        await self._settled.wait()

    async def wait_ready(self, *, hold: bool) -> None:
        """Return once ready. Raises LoadFailed, or ModelLoading past `load_wait` (at once without `hold`)."""
        if self.state == "loading" and hold:
            try:
                await asyncio.wait_for(self._settled.wait(), self._settings.load_wait)
            except TimeoutError:
                log.debug("gave up holding a request", model=self.source.name)
        if self.state == "failed" and self._is_named and self.failure is not None:
            raise self.failure.error()
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
