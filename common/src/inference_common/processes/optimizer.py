"""Optimizer: exports models of a library server, one at a time, as far as both of their forms fit its memory."""

from __future__ import annotations

import asyncio

import anyio.to_thread

from ..residency import NONE, Memory, Residency
from ..units import limit_mib, needed_mib
from .remote import RemoteModel

FORMS = 2  # of a small network in the ONNX form: one session for all cores, and one for calls side by side


class Optimizer:
    """Changes models over to their ONNX form; `kept` are all that are loaded, within its budget of host memory."""

    def __init__(self, kept: Residency[RemoteModel]) -> None:
        self._kept = kept
        self._turn = asyncio.Lock()
        self._queued: set[int] = set()

    async def optimize(self, model: RemoteModel) -> None:
        """Change over once it is this model's turn; nothing happens where it waits for that already."""
        if id(model) in self._queued:
            return
        self._queued.add(id(model))
        try:
            async with self._turn:
                await self._in_turn(model)
        finally:
            self._queued.discard(id(model))

    async def _in_turn(self, model: RemoteModel) -> None:
        before = self._kept.size_of(model)
        if before == NONE or not model.is_pending:  # it was unloaded meanwhile
            return
        weights = await anyio.to_thread.run_sync(model.weight_bytes)
        needed, free = FORMS * weights, (self._kept.budget - self._kept.size).host
        if needed > free:
            model.skip(
                f"both forms take {needed_mib(needed)} more for a moment, and models may take {limit_mib(free)} more"
                " here; set MAX_MEMORY_MIB where there is more"
            )
            return
        self._kept.resize(model, before + Memory(needed))
        await model.optimize()
        await anyio.to_thread.run_sync(model.measure)
        self._kept.resize(model, Memory(max(weights, model.memory.host), model.memory.gpu))
