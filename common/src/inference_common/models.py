"""Which model answers a request: the one that a server is for, or any of its library (`on_demand.py`)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from .discover import Pipelines
from .errors import NotFound
from .metrics import Metrics
from .model import Model
from .settings import Settings
from .source import ModelSource


class Models(Protocol):
    """The models of one server; `pinned` is the one it is for, if it is for one. `headers` are a caller's."""

    @property
    def pinned(self) -> Model | None: ...
    @property
    def library(self) -> Pipelines: ...
    def all(self) -> Sequence[Model]:
        """Those that are loaded, or on their way."""
        ...

    def visible(self, headers: Mapping[str, str]) -> Sequence[Model]:
        """Those of them that a caller may know of."""
        ...

    def ready(self, name: str | None, task: str | None, headers: Mapping[str, str]) -> Model | None:
        """The model of this name (None: whichever is pinned) for a task, if it answers now; without waiting."""
        ...

    async def find(self, name: str | None, task: str | None, headers: Mapping[str, str]) -> Model:
        """The same, loaded or on its way. Raises why it cannot be had: InvalidRequest, Forbidden, NotFound, Overloaded,
        HubUnavailable, LoadFailed."""
        ...

    async def close(self) -> None:
        """Let go of all of them."""
        ...


class Pinned:
    """One model, loaded from the start and kept."""

    def __init__(self, source: ModelSource, library: Pipelines, settings: Settings, metrics: Metrics) -> None:
        self.library = library
        self.pinned = Model(source, library, settings, metrics, task=settings.task)
        self._asked = source.revision  # before it becomes a commit
        self._loading = asyncio.create_task(self._load())

    def all(self) -> Sequence[Model]:
        return [self.pinned]

    def visible(self, headers: Mapping[str, str]) -> Sequence[Model]:
        return [self.pinned]

    def ready(self, name: str | None, task: str | None, headers: Mapping[str, str]) -> Model | None:
        if name is not None:
            self._check_name(name)
        return self.pinned if self.pinned.state == "ready" else None

    async def find(self, name: str | None, task: str | None, headers: Mapping[str, str]) -> Model:
        if name is not None:
            self._check_name(name)
        return self.pinned

    async def close(self) -> None:
        self._loading.cancel()
        self.pinned.close()

    def _check_name(self, name: str) -> None:
        source = self.pinned.source
        if name not in {source.name, f"{source.name}@{source.revision}", f"{source.name}@{self._asked}"}:
            raise NotFound(f"This server has the model {source.name} only, not {name[:200]!r}")

    async def _load(self) -> None:
        await self.pinned.load(patient=True)
        await self.pinned.optimize()
