"""Lease: a model in use by one request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from .turns import Caller

if TYPE_CHECKING:
    from .model import Model
    from .models import Models


class Lease:
    """Entered, the model of a name for a task: ready, and kept at least until the end; `holds` is whether `caller`
    waits for it to load.

    Entering raises Overloaded, LoadFailed, ModelLoading, or why a model that the caller named cannot be had. A class
    and no generator, which takes four times as long.
    """

    def __init__(
        self,
        models: Models,
        name: str | None,
        task: str | None,
        headers: Mapping[str, str],
        holds: Callable[[], Awaitable[bool]],
        caller: Caller = None,
    ) -> None:
        self._models, self._name, self._task = models, name, task
        self._headers, self._holds, self._caller = headers, holds, caller
        self._model: Model | None = None

    async def __aenter__(self) -> Model:
        model = self._models.ready(self._name, self._task, self._headers)
        if model is None:
            model = await self._models.find(self._name, self._task, self._headers)
        model.leases += 1
        try:
            if model.state != "ready":
                await model.wait_ready(hold=await self._holds())
            model.batcher.refuse_past_wait(self._caller)  # before anything is decoded, when it costs least
        except BaseException:
            model.release()
            raise
        self._model = model
        return model

    async def __aexit__(self, *raised: object) -> None:
        assert self._model is not None
        self._model.release()


def holds(headers: Mapping[str, str]) -> bool:
    """Whether a caller waits while its model loads, as far as its headers say."""
    return headers.get("x-wait-for-model", "").lower() != "false" and headers.get("x-load-model") != "0"
