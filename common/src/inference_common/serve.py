"""`python -m inference_common.serve [module:app]`: settings, logs, one server, an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import math
import os
import signal
import socket
import sys
from collections.abc import Generator
from typing import Any, cast

import structlog
import uvicorn
from pydantic import ValidationError

from . import logs, memory, threads
from .errors import InferenceError
from .http.connections import Connections
from .http.protocol import HttpProtocol
from .settings import Settings

LAST_ANSWERS_SECONDS = 2.0  # after the grace, for requests that were cut off to tell their callers
log = structlog.get_logger("inference")


class Server(uvicorn.Server):
    """Ends with exit status 0 on SIGTERM and SIGINT, where uvicorn raises the signal anew after its shutdown."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for server in getattr(self, "servers", ()):
            for listening in (one for one in server.sockets if one.family != socket.AF_UNIX):
                host, port = listening.getsockname()[:2]
                log.info("listening", url=f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        service = getattr(getattr(self.config.app, "state", None), "service", None)
        if service is not None:
            service.models.stop_optimizing()  # before requests in flight are waited for: they get its core
        await super().shutdown(sockets)
        if self.server_state.tasks:  # cut off by the end of the grace; each still tells its caller so
            await asyncio.wait(self.server_state.tasks, timeout=LAST_ANSWERS_SECONDS)


def main(app: str = "app.main:app") -> int:
    """Serve until a signal; 0 after an orderly end, 2 for settings that cannot be, 1 where the port is taken."""
    try:
        settings = Settings()
    except ValidationError as error:
        for found in error.errors(include_url=False):
            name = "_".join(map(str, found["loc"])).upper() or "settings"
            sys.stderr.write(f"{name}: {found['msg']}\n")
        return 2
    _set_up_process(settings)
    # Importing a library takes seconds; a signal then has nothing in flight to wait for.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _exit(0))
    module, _, attribute = app.partition(":")
    sys.path.insert(0, os.getcwd())
    try:
        loaded = getattr(importlib.import_module(module), attribute)
    except InferenceError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    status = run(loaded, settings)
    log.info("stopped")
    return status


def run(app: Any, settings: Settings, listening: socket.socket | None = None) -> int:
    """Serve the ASGI app at the settings' address, or at a socket that listens already; the exit status as `main`."""
    server = _server(app, settings, listening)
    # Never closed, since closing waits without end for what still runs in the loop's threads: the process ends instead.
    runner = asyncio.Runner(loop_factory=server.config.get_loop_factory())
    # So uvicorn says that it cannot start; its own log line has the reason.
    with contextlib.suppress(SystemExit):
        runner.run(server.serve(None if listening is None else [listening]))
    return 0 if server.started else 1


def _server(app: Any, settings: Settings, listening: socket.socket | None) -> Server:
    """The server of an ASGI app at the settings' address, or at a socket of another server, which adds the date."""
    return Server(
        uvicorn.Config(
            app,
            http=cast(Any, functools.partial(HttpProtocol, connections=Connections(settings))),
            ws="none",  # or a library's websockets would take its upgrade
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=listening is None,
            proxy_headers=False,  # nothing here depends on a caller's address, or on what its proxy was asked by
            timeout_keep_alive=cast(int, settings.keep_alive_timeout),  # TimedProtocol only compares it
            timeout_graceful_shutdown=math.ceil(settings.grace_seconds),
        )
    )


def _set_up_process(settings: Settings) -> None:
    """What must be so before a library is imported."""
    logs.configure(settings.log_format, settings.log_level)
    logs.take_standard_error()
    memory.keep_what_is_used()
    threads.native_libraries_keep_to_cores()


def _exit(status: int) -> None:
    logs.WRITER.flush(logs.FLUSH_SECONDS)
    os._exit(status)


if __name__ == "__main__":
    status = main(*sys.argv[1:2])
    sys.stdout.flush()
    # A model call that outlived the grace must not hold the process: its thread is a daemon, but the interpreter's
    # own end would still wait for native code in it.
    _exit(status)
