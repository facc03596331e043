"""ModelProcess: the process of one model, from its start to its end, and connections to it."""

from __future__ import annotations

import asyncio
import functools
import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import structlog

from ..errors import InferenceError, LoadFailed
from . import internal
from .child import HUNG, Order, main
from .connection import Broken, Connection
from .errors import ModelDied, relayed
from .forkserver import Child, ForkServer

MAX_IDLE_CONNECTIONS = 64
QUIT_SECONDS = 1.0  # that one which nobody uses has to end on SIGTERM
log = structlog.get_logger("inference")


class ModelProcess:
    """Start it by `load`; `ended` is done once it has ended, however that came, and `why` tells it."""

    def __init__(self, forks: ForkServer, order: Order) -> None:
        self._forks, self._order = forks, order
        self._child: Child | None = None
        self._idle: list[Connection] = []
        self._folder = tempfile.TemporaryDirectory(prefix="inference-")  # none but this user may enter it
        self._socket = Path(self._folder.name) / "model"
        self._reason: InferenceError | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def pid(self) -> int | None:
        """The process id, while it runs."""
        return None if self._child is None or self.ended.done() else self._child.pid

    async def load(self) -> Mapping[str, Any]:
        """What `/info` tells of the model, once it answers. Raises why it does not; the process ends then."""
        seconds = self._order.settings.load_timeout
        try:
            async with asyncio.timeout(seconds):
                await self._start()
                told = await self.ask("GET", internal.LOADED)
        except TimeoutError:
            self.kill(LoadFailed(
                f"{self._order.source.name} was not loaded within {seconds:g} s; set LOAD_TIMEOUT where it takes longer"
            ))  # fmt: skip
            await self.ended
            raise self.why() from None
        except (OSError, EOFError) as error:
            self.kill(LoadFailed("The process of a model could not be started; the server's log has the reason"))
            log.error("the process of a model could not be started", exc_info=error)
            raise self.why() from error
        except BaseException:
            self.kill()
            raise
        self._forks.learn(told["modules"])
        about: Mapping[str, Any] = told["about"]
        return about

    async def ask(self, method: str, path: str) -> Mapping[str, Any]:
        """The JSON object that the process answers. Raises its error, or why it ended."""
        status, body = await self.read(method, path)
        answer: dict[str, Any] = orjson.loads(body)
        if status != 200:
            raise relayed(status, str(answer.get("error", "")))
        return answer

    async def read(self, method: str, path: str) -> tuple[int, bytes]:
        """The status and the body that the process answers. Raises why it ended."""
        try:
            connection = await self.connect()
            try:
                connection.send([f"{method} {path} HTTP/1.1\r\nhost: model\r\ncontent-length: 0\r\n\r\n".encode()])
                status, _ = await connection.head()
                body = b""
                while part := await connection.chunk():
                    body += part
            finally:
                self.release(connection)
        except Broken:
            await self.ended
            raise self.why() from None
        return status, body

    async def connect(self) -> Connection:
        """A connection to it, to be given back by `release`. Raises why it has ended."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_reusable:
                return connection
        if self.ended.done():
            raise self.why()
        try:
            _, opened = await asyncio.get_running_loop().create_unix_connection(Connection, str(self._socket))
        except OSError as error:
            raise Broken(has_begun=False) from error
        return opened

    def release(self, connection: Connection) -> None:
        """Keep a connection for the next request, if its answer is complete; else close it, which ends that answer."""
        if connection.is_reusable and len(self._idle) < MAX_IDLE_CONNECTIONS and not self.ended.done():
            self._idle.append(connection)
        else:
            connection.close()

    def why(self) -> InferenceError:
        """A fresh error that says why it ended, or is ending."""
        if self._reason is not None:
            return type(self._reason)(str(self._reason))
        name = self._order.source.name
        status = self._child.ended.result() if self._child is not None and self._child.ended.done() else 0
        return ModelDied(f"The process of {name} {_described(status)}; the next call loads it anew")

    def kill(self, reason: InferenceError | None = None) -> None:
        """End it at once; its callers are told the reason."""
        self._reason = self._reason or reason
        if self._child is None:
            self._close()
        else:
            self._child.kill()

    async def stop(self, seconds: float = QUIT_SECONDS) -> None:
        """End it once it has answered its requests, or after so many seconds, and wait for its end."""
        if self._child is not None and not self.ended.done():
            self._child.send_signal(signal.SIGTERM)
            await asyncio.wait({self.ended}, timeout=seconds)
        self.kill()
        await self.ended

    async def _start(self) -> None:
        self._child = await self._forks.start(functools.partial(main, self._order), self._socket)
        self._child.ended.add_done_callback(lambda _: self._close())

    def _close(self) -> None:
        for connection in self._idle:
            connection.close()
        self._idle.clear()
        self._folder.cleanup()
        if not self.ended.done():
            self.ended.set_result(None)


def _described(status: int) -> str:
    """What an exit status says of a process that was not asked to end."""
    if status == HUNG:
        return "hung, and was ended"
    if status >= 0:
        return f"ended by itself (exit status {status})"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    if -status == signal.SIGKILL:
        return f"was killed ({name}), most likely by the system for lack of memory"
    return f"crashed ({name})"
