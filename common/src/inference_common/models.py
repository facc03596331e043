"""The one model that an app serves: the one it is pinned to, or that of its process (`processes/child.py`)."""

from __future__ import annotations

import asyncio
from typing import Protocol

from .discover import Pipelines
from .errors import NotFound
from .metrics import Metrics
from .model import Model
from .settings import Settings
from .source import ModelSource


class Models(Protocol):
    """The model of one app, by whatever name it may be asked for."""

    @property
    def pinned(self) -> Model: ...
    @property
    def library(self) -> Pipelines: ...
    def find(self, name: str | None) -> Model:
        """The model of this name (None: whichever there is), loaded or not yet. Raises NotFound."""
        ...

    def stop_optimizing(self) -> None:
        """End exports at once."""
        ...

    async def close(self) -> None:
        """Let go of it."""
        ...


class Pinned:
    """One model, loaded from the start and kept; in the process that answers requests, which is faster than another."""

    def __init__(self, source: ModelSource, library: Pipelines, settings: Settings, metrics: Metrics) -> None:
        self.library = library
        self.pinned = Model(source, library, settings, metrics, task=settings.task)
        self._asked = source.revision  # before it becomes a commit
        self._loading = asyncio.create_task(self._load())

    def find(self, name: str | None) -> Model:
        source = self.pinned.source
        names = {None, source.name, f"{source.name}@{source.revision}", f"{source.name}@{self._asked}"}
        if name not in names:
            raise NotFound(f"This server has the model {source.name} only, not {str(name)[:200]!r}")
        return self.pinned

    def stop_optimizing(self) -> None:
        self.pinned.optimization.stop()

    async def close(self) -> None:
        self._loading.cancel()
        self.pinned.close()

    async def _load(self) -> None:
        await self.pinned.load(patient=True)
        await self.pinned.optimize()
