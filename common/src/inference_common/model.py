"""Model: one source loaded by one library, and the state that `/ready` tells."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Literal

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential

from .discover import Pipelines
from .errors import HubUnavailable, InferenceError, InvalidRequest, LoadFailed, ModelLoading, NotFound
from .metrics import Metrics
from .pipeline import Pipeline
from .settings import Settings
from .source import ModelSource
from .tasks import TASKS
from .worker import ModelThread

State = Literal["loading", "ready", "failed"]
AnyPipeline = Pipeline[Any, Any, Any]
log = structlog.get_logger("inference")
FIRST_LOAD_SECONDS = 20.0  # told to a caller who asks while the very first load runs


class Model:
    """Loads in its own thread; `pipelines` are those that the loaded weights answer, the pinned task's first."""

    def __init__(
        self, source: ModelSource, library: Pipelines, thread: ModelThread, settings: Settings, metrics: Metrics
    ) -> None:
        self.source = source
        self.state: State = "loading"
        self.reason = f"{source.name} is loading"
        self.pipelines: Mapping[str, AnyPipeline] = {}
        self._library, self._thread, self._settings, self._metrics = library, thread, settings, metrics
        self._settled = asyncio.Event()
        self._since = time.monotonic()

    @property
    def task(self) -> str:
        """The task answered at `/`; only once loaded."""
        return next(iter(self.pipelines))

    async def load(self) -> None:
        """Load until ready, or failed for good; a Hub that does not answer is asked again, ever more seldom."""
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(HubUnavailable),
            wait=wait_exponential(multiplier=5, max=300),
            before_sleep=lambda attempt: self._fail(
                attempt.outcome.exception() if attempt.outcome else None, again=True
            ),
        )
        try:
            async for attempt in retrying:
                with attempt:
                    self.pipelines = await self._thread.run(self._load)
        except Exception as error:
            self._fail(error, again=False)
            return
        self.state, self.reason = "ready", ""
        self._metrics.set_ready(True)
        self._settled.set()
        log.info(
            "model ready",
            model=self.source.name,
            tasks=list(self.pipelines),
            seconds=round(time.monotonic() - self._since, 2),
        )

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

    def pipeline(self, task: str | None) -> AnyPipeline:
        """The pipeline of a task (None: the pinned one). Raises NotFound that tells the tasks served."""
        name = task or self.task
        if name not in self.pipelines:
            served = ", ".join(self.pipelines)
            raise NotFound(f"{self.source.name} does not answer the task {name!r} here; it answers: {served}")
        return self.pipelines[name]

    def _load(self) -> dict[str, AnyPipeline]:
        task = self._settings.task or self.source.card().task
        if task is None:
            known = ", ".join(self._library.tasks)
            raise InvalidRequest(f"{self.source.name} does not name its task; set TASK to one of: {known}")
        first = self._library.load(task)(self.source, self._settings.device)
        served: dict[str, AnyPipeline] = {task: first}
        for other in self._library.tasks:
            adopted = None if other == task else self._library.load(other).adopt(first)
            if adopted is not None:
                served[other] = adopted
        self._warm_up(task, first)
        return served

    def _warm_up(self, task: str, pipeline: AnyPipeline) -> None:
        """Answer the task's first example, so that the first caller does not pay for lazy set-up."""
        items = TASKS[task].input.decode(TASKS[task].good[0], self._settings.limits).items
        try:
            pipeline.batch(items[: pipeline.max_batch_size], TASKS[task].params())
        except Exception as error:
            # Some models refuse the plain example (they want a prompt, say) and serve well all the same.
            log.warning("warm-up failed", model=self.source.name, error=f"{type(error).__name__}: {error}")

    def _fail(self, error: BaseException | None, *, again: bool) -> None:
        expected = isinstance(error, InferenceError)
        self.state = "failed"
        self.reason = str(error) if expected else f"{type(error).__name__}: {str(error)[:300]}"
        self._settled.set()
        log.error("model failed to load", model=self.source.name, reason=self.reason, will_retry=again,
                  exc_info=None if expected else error)  # fmt: skip
