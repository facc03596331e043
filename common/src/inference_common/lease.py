"""Lease: a model in use by one request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from .model import Model
from .turns import Caller


class Lease:
    """Entered, the model: ready, and kept at least until the end; `holds` is whether `caller` waits for it to load.

    Entering raises Overloaded, LoadFailed, ModelLoading, or why a model that the caller named cannot be had. A class
    and no generator, which takes four times as long.
    """

    def __init__(self, model: Model, holds: Callable[[], Awaitable[bool]], caller: Caller = None) -> None:
        self._model, self._holds, self._caller = model, holds, caller

    async def __aenter__(self) -> Model:
        self._model.leases += 1
        try:
            if self._model.state != "ready":
                await self._model.wait_ready(hold=await self._holds())
            self._model.batcher.refuse_past_wait(self._caller)  # before anything is decoded, when it costs least
        except BaseException:
            self._model.leases -= 1
            raise
        return self._model

    async def __aexit__(self, *raised: object) -> None:
        self._model.leases -= 1
