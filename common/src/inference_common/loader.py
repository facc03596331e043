"""Loader: makes a model's pipelines, in the model's thread."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import structlog

from . import device, threads
from .batcher import Batcher
from .card_defaults import card_defaults
from .discover import Pipelines
from .errors import Forbidden, InvalidRequest, LoadFailed
from .missing_weights import MissingWeights, collect_missing_weights
from .network_limits import network_within, refuse_larger
from .optimization import Optimization
from .pipeline import AnyPipeline
from .residency import Memory
from .settings import Settings
from .source import ModelSource
from .warmup import WarmUp

log = structlog.get_logger("inference")


@dataclass(frozen=True)
class Loaded:
    """The pipelines that the weights answer, the first task's first; by task, the raw parameters that the model's card
    sets for callers who do not; and the GPU's memory that they took."""

    pipelines: Mapping[str, AnyPipeline]
    defaults: Mapping[str, Mapping[str, Any]]
    memory: Memory


class Loader:
    """`task` None: the card's own. Formats that can run code are read where it `is_trusted`. On a CPU its weights may
    take `weights_budget` bytes in single precision (None: any number)."""

    def __init__(self, source: ModelSource, library: Pipelines, settings: Settings, optimization: Optimization, *,
                 task: str | None, is_trusted: bool, weights_budget: int | None = None) -> None:  # fmt: skip
        self._source, self._library, self._settings = source, library, settings
        self._optimization, self._task, self._is_trusted = optimization, task, is_trusted
        self._weights_budget = weights_budget

    def load(self, batcher: Batcher) -> Loaded:
        """Load the weights and warm up. Raises whatever a library does."""
        card = self._source.card()
        task = self._task or card.task
        if task is None:
            known = ", ".join(self._library.tasks)
            raise InvalidRequest(f"{card.without_task(self._source.name)}; set TASK to one of: {known}")
        kind = self._library.load(task)
        if kind.unsafe_formats and not self._is_trusted:
            raise untrusted(self._source.name)
        where = device.resolve(self._settings.device)
        if self._weights_budget is not None and where == device.CPU:
            refuse_larger(self._source, self._weights_budget)
        before = device.gpu_allocated(where)
        first, missing = self._first(kind, where)
        try:
            return self._loaded(task, first, missing, device.gpu_allocated(where) - before, batcher)
        except LoadFailed as error:
            if not first.is_optimized or self._settings.optimize != "auto":
                raise
            self._optimization.fail(error)
        del first
        own, missing = self._own(kind, where)
        return self._loaded(task, own, missing, 0, batcher)

    def _first(self, kind: type[AnyPipeline], where: device.Device) -> tuple[AnyPipeline, MissingWeights]:
        """The form of the network to serve, and what its library could not load of it."""
        with self._bounded(kind), collect_missing_weights(self._source.name) as missing:
            optimized = self._optimization.load(kind, where)
            if optimized is None:
                return kind(self._source, where), missing
        threads.torch_leaves_the_cores()
        return optimized, missing

    def _own(self, kind: type[AnyPipeline], where: device.Device) -> tuple[AnyPipeline, MissingWeights]:
        """The same of the library's own network."""
        with self._bounded(kind), collect_missing_weights(self._source.name) as missing:
            return kind(self._source, where), missing

    def _bounded(self, kind: type[AnyPipeline]) -> AbstractContextManager[None]:
        return network_within(self._source, is_trusted=kind.unsafe_formats)

    def _loaded(self, task: str, first: AnyPipeline, missing: MissingWeights, gpu_bytes: int,
                batcher: Batcher) -> Loaded:  # fmt: skip
        """All tasks of the weights that answer their example, warmed up. Raises LoadFailed where the first does not."""
        served: dict[str, AnyPipeline] = {task: first}
        for other in type(first).also:
            adopted = self._library.load(other).adopt(first) if other != task else None
            if adopted is not None:
                served[other] = adopted
        weights, limits, parameters = max(0, gpu_bytes), self._settings.limits, self._source.card().parameters
        for pipeline in served.values():
            _fit_batches(pipeline, weights)
        defaults = {name: card_defaults(self._source.name, name, parameters, limits) for name in served}
        for name, pipeline in list(served.items()):
            is_first = pipeline is first
            try:
                WarmUp(self._source.name, name, pipeline, limits, defaults[name], missing, is_first).run(batcher)
            except LoadFailed as error:
                if is_first:
                    raise
                log.warning("a task is not answered", model=self._source.name, task=name, reason=str(error))
                del served[name], defaults[name]
        return Loaded(served, defaults, Memory(gpu=weights))


def untrusted(name: str) -> Forbidden:
    """The error of a model whose files are not read."""
    return Forbidden(f"The files of {name} can run code as they are read; allow it by TRUSTED_MODELS, or pin it")


def _fit_batches(pipeline: AnyPipeline, weights: int) -> None:
    """Give a pipeline batches of a size for its device, unless it has set its own; the rows of open streams stay as few
    as they are, since what a GPU keeps of each grows."""
    if not pipeline.streams and "max_batch_size" not in vars(pipeline):
        pipeline.max_batch_size = device.batch_size(pipeline.max_batch_size, pipeline.device, weights)
