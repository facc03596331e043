"""The process of one model: a server of that model only, on a Unix socket that the library server forwards to."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog
from starlette.applications import Starlette

from .. import logs, memory
from ..asgi import App
from ..discover import Pipelines
from ..lifetime import end_first
from ..metrics import Metrics
from ..model import Model
from ..routes import ROUTES
from ..routes.status import HUNG_TIMEOUTS, hanging
from ..service import Service
from ..settings import Settings
from ..source import ModelSource
from . import internal

HUNG = 70  # exit status of a process whose model hung, as EX_SOFTWARE of sysexits.h
LOOK_SECONDS = 1.0  # between two looks at whether it does
log = structlog.get_logger("inference")
PRIVATE: Mapping[str, Any] = {
    "api_key": None,
    "allowed_hosts": "*",
    "cors_origins": "*",
    "keep_alive_timeout": 86_400.0,
    "max_connections": 65_536,
}
"""Settings of a server that only the library server calls, which has checked who calls it."""


@dataclass(frozen=True)
class Order:
    """What a process is to serve: a model whose files are here already, for a `task`; `default_task` is the card's.

    Formats that can run code are read where the model `is_trusted`. Metrics call it by the `label`.
    """

    library: Pipelines
    settings: Settings
    source: ModelSource
    task: str
    default_task: str | None
    is_trusted: bool
    label: str


class Assigned:
    """The one model of this process, whatever it is called: the library server has chosen it."""

    def __init__(self, order: Order, metrics: Metrics) -> None:
        self.library = order.library
        self.pinned = Model(
            order.source,
            order.library,
            order.settings,
            metrics,
            task=order.task,
            default_task=order.default_task,
            is_trusted=order.is_trusted,
            label=order.label,
            weights_budget=memory.budget(order.settings.max_memory_mib),
        )
        self._settings = order.settings
        self._tasks = [asyncio.create_task(work) for work in (self.pinned.load(), self._end_where_it_hangs())]

    def find(self, name: str | None) -> Model:
        return self.pinned

    def stop_optimizing(self) -> None:
        self.pinned.optimization.stop()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self.pinned.close()

    async def _end_where_it_hangs(self) -> None:
        """End the process once nothing else helps: whoever asks for the model next has it loaded anew."""
        while (reason := hanging(self._settings, self.pinned, HUNG_TIMEOUTS)) is None:
            await asyncio.sleep(LOOK_SECONDS)
        log.error("the model hangs", reason=reason)
        logs.WRITER.flush(logs.FLUSH_SECONDS)
        os._exit(HUNG)


def main(order: Order, listening: socket.socket) -> None:
    """Serve until SIGTERM; for a process that was just forked."""
    from ..serve import run  # a program, which the package that it is in must not import

    end_first(os.getpid())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's, which the library server gets too
    logs.configure(order.settings.log_format, order.settings.log_level)
    logs.take_standard_error()
    order = replace(order, settings=order.settings.model_copy(update=PRIVATE))
    memory.keep_what_is_used()
    status = run(_app(order), order.settings, listening)
    logs.WRITER.flush(logs.FLUSH_SECONDS)
    os._exit(status)  # as `serve` ends: native code that a thread is still in holds nothing


def _app(order: Order) -> Starlette:
    metrics = Metrics()

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        models = Assigned(order, metrics)
        app.state.modules = frozenset(sys.modules)
        app.state.service = Service(order.settings, metrics, models)
        try:
            yield
        finally:
            await models.close()

    return App((*ROUTES, *internal.ROUTES), lifespan, None, order.settings)
