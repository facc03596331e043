"""MemoryWatch: what the models of a library server take, measured, against what they may."""

from __future__ import annotations

import asyncio

import anyio.to_thread
import structlog

from ..errors import TooLarge
from ..registry import Registry, is_free
from .remote import RemoteModel

MIB = 1024 * 1024
LOADING_SECONDS = 0.1  # between two looks while a model loads
SECONDS = 1.0  # otherwise
log = structlog.get_logger("inference")


class MemoryWatch:
    """Counts what the process of each model holds, unloads those longest unused for one that grows, and ends one that
    outgrows what there is: it alone, before the system ends others too."""

    def __init__(self, registry: Registry[RemoteModel]) -> None:
        self._registry = registry

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            models = [model for model in self._registry.all() if model.process.pid is not None]
            is_loading = any(model.state == "loading" for model in models)
            await asyncio.sleep(LOADING_SECONDS if is_loading else SECONDS)
            for model in models:
                await anyio.to_thread.run_sync(model.measure)
                if model.memory.host > self._most(model):
                    self._end(model)
                elif model.state == "ready":
                    self._registry.start(self._registry.remeasure(model))

    def _most(self, model: RemoteModel) -> int:
        """Bytes that a model may take: all but what those in use do; and twice its weights in any case, as a library
        may have two copies of them while it loads."""
        residency = self._registry.residency
        in_use = sum(
            residency.size_of(other).host for other in self._registry.all() if other is not model and not is_free(other)
        )
        return max(residency.budget.host - in_use, 2 * model.likely_memory().host)

    def _end(self, model: RemoteModel) -> None:
        took, most = model.memory.host // MIB, self._most(model) // MIB
        log.error("a model took too much memory", model=model.name, mib=took, most_mib=most)
        model.process.kill(
            TooLarge(
                f"{model.name} took {took:,} MiB of memory, and may take {most:,} MiB here; set MAX_MEMORY_MIB where"
                " there is more"
            )
        )
