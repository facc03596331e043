"""Which model answers a request: the one that is pinned, or any model of the library, loaded when it is asked for."""

from __future__ import annotations

import asyncio
import fnmatch
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

import anyio.to_thread
import structlog

from . import device, memory
from .discover import Pipelines
from .errors import Forbidden, NotFound, Overloaded, TooLarge
from .metrics import Metrics
from .model import Model
from .optimizer import Optimizer
from .pipeline import Pipeline
from .residency import Memory, Residency
from .settings import Settings
from .source import ModelCard, ModelSource, hub_source

log = structlog.get_logger("inference")
FORGET_SECONDS = 30.0  # a failed load is told from memory for so long, then tried anew for whoever asks
MIB = 1024 * 1024


class Models(Protocol):
    """The models of one server; `pinned` is the one it is for, if it is for one."""

    @property
    def pinned(self) -> Model | None: ...
    @property
    def library(self) -> Pipelines: ...
    def all(self) -> Sequence[Model]:
        """Those that are loaded, or on their way."""
        ...

    def find(self, name: str | None, task: str | None) -> Model:
        """The model of this name (None: whichever is pinned), loaded or not yet. Raises NotFound."""
        ...

    async def close(self) -> None:
        """Let go of all of them."""
        ...


class Pinned:
    """One model, loaded from the start and kept."""

    def __init__(self, source: ModelSource, library: Pipelines, settings: Settings, metrics: Metrics) -> None:
        self.library = library
        self.pinned = Model(source, library, settings, metrics, task=settings.task)
        self._loading = asyncio.create_task(self._load())

    def all(self) -> Sequence[Model]:
        return [self.pinned]

    def find(self, name: str | None, task: str | None) -> Model:
        source = self.pinned.source
        if name is not None and name not in {source.name, f"{source.name}@{source.revision}"}:
            raise NotFound(f"This server has the model {source.name} only, not {name[:200]!r}")
        return self.pinned

    async def close(self) -> None:
        self._loading.cancel()
        self.pinned.close()

    async def _load(self) -> None:
        await self.pinned.load(patient=True)
        await self.pinned.optimize()


class OnDemand:
    """Any model of the library, as many as fit in memory: who was asked for longest ago makes room."""

    pinned = None

    def __init__(self, library: Pipelines, settings: Settings, metrics: Metrics) -> None:
        self.library = library
        self._settings, self._metrics = settings, metrics
        self._kept: Residency[Model] = Residency(Memory(memory.budget(settings.max_memory_mib)))
        self._optimizer = Optimizer(self._kept)
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()  # one load at a time: memory is counted before and after

    def all(self) -> Sequence[Model]:
        return self._kept.oldest_first()

    def find(self, name: str | None, task: str | None) -> Model:
        if name is None:
            raise NotFound("This server has no model of its own; POST to /models/ORG/NAME, or name it in `model`")
        if task is not None and task not in self.library.tasks:
            raise NotFound(f"No model answers {task[:100]!r} here; the tasks are: {', '.join(self.library.tasks)}")
        for model in self._kept.oldest_first():
            if model.source.name == name and model.answers(task):
                self._kept.touch(model)
                if model.popularity.count() and model.optimization.state == "pending":
                    self._start(self._optimizer.optimize(model))
                return model
        model = Model(self._source(name), self.library, self._settings, self._metrics, task=task, admit=self._admit)
        self._kept.add(model)
        self._start(self._load(model))
        return model

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for model in self.all():
            model.close()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _load(self, model: Model) -> None:
        if await model.fetch():
            async with self._turn:
                await self._load_in_turn(model)
        if model.state == "failed":
            await asyncio.sleep(FORGET_SECONDS)
            self._kept.remove(model)
            model.close()

    async def _load_in_turn(self, model: Model) -> None:
        try:
            size = await self._reserve(model)
        except Exception as error:  # also one of a GPU's driver: callers wait as long as the model is neither
            model.fail(error)
            return
        await model.load()
        # What was measured corrects what was estimated; on the host, weights that are mapped count once they are read.
        seen = Memory(max(size.host, model.memory.host), model.memory.gpu or size.gpu)
        self._kept.resize(model, seen if model.state == "ready" else Memory())

    async def _reserve(self, model: Model) -> Memory:
        """Unload models until this one fits; the memory that it is likely to take. Raises TooLarge, Overloaded."""
        size = await anyio.to_thread.run_sync(lambda: self._estimate(model))
        gone = self._make_room(model, size)
        for one in gone:
            log.info("model unloaded", model=one.source.name)
            await one.closed()
        if gone:
            await anyio.to_thread.run_sync(memory.trim)
        return size

    def _estimate(self, model: Model) -> Memory:
        """What a model is likely to take, by its files; sets the budget of its GPU. Raises LoadFailed."""
        where = device.resolve(self._settings.device)
        self._kept.budget = Memory(self._kept.budget.host, device.gpu_budget(where, self._settings.max_gpu_memory_mib))
        files = memory.size_of(model.source.path())
        return Memory(gpu=files) if device.is_cuda(where) else Memory(host=files)

    def _make_room(self, model: Model, size: Memory) -> Sequence[Model]:
        budget = self._kept.budget
        if not size.fits(budget):
            needed, most, name = (
                (size.gpu, budget.gpu, "MAX_GPU_MEMORY_MIB") if size.gpu else (size.host, budget.host, "MAX_MEMORY_MIB")
            )
            raise TooLarge(
                f"{model.source.name} takes about {needed // MIB:,} MiB, and models may take {most // MIB:,} MiB"
                f" here; set {name} where there is more"
            )
        gone = self._kept.make_room(model, size, is_free=lambda other: other.leases == 0 and other.state == "ready")
        if gone is None:
            raise Overloaded("Every loaded model is in use, and memory is full; try again later", retry_after=5)
        return gone

    def _admit(self, name: str, card: ModelCard, pipeline: type[Pipeline[Any, Any, Any]]) -> None:
        """Raises Forbidden for a model that is only served where its operator pins or trusts it."""
        if not card.inference:
            raise Forbidden(
                f"{name} asks not to be served (its card says inference: false); to do so, pin it by MODEL_ID"
            )
        patterns = [pattern.strip() for pattern in self._settings.trusted_models.split(",") if pattern.strip()]
        if pipeline.unsafe_formats and not any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            raise Forbidden(f"The files of {name} can run code as they are read; allow it by TRUSTED_MODELS, or pin it")

    def _source(self, name: str) -> ModelSource:
        token = None if self._settings.hf_token is None else self._settings.hf_token.get_secret_value()
        return hub_source(name, token=token)
