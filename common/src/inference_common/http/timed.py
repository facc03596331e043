"""TimedProtocol: a connection with time limits on its caller: for a head, for a body, for reading an answer."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import orjson
import structlog
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from ..errors import InferenceError, RequestTimeout
from .connections import LINGER_SECONDS, MIN_READ_BYTES_PER_SECOND, Connection, Connections
from .transport import GatheringTransport

log = structlog.get_logger("access")


class TimedProtocol(HttpToolsProtocol):
    """uvicorn's connection over httptools, as one of `connections`.

    uvicorn limits only how long a connection is idle between two requests; a head, the rest of a body that nobody
    reads, and the reading of an answer may take for ever.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        connections: Connections,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._connections = connections
        self._running: RequestResponseCycle | None = None
        self._is_in_head = self._is_partial = False  # of the request that is received
        self._is_awaited = False  # as its head takes more than a packet
        self._is_broken = False  # what follows cannot be read: the connection ends with the answers that are due
        self._is_lingering = False  # all is said; what still comes is thrown away
        self._since = 0.0  # when its caller was first waited for
        self._unsent: tuple[float, int] | None = None  # when, and how many bytes then, of an answer that is not taken

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        self._writer = GatheringTransport(transport, self.loop, self._closes)
        super().connection_made(cast(asyncio.Transport, self._writer))
        self._since = self.loop.time()
        self._connections.add(self, self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._connections.remove(self)
        running, self._running = self._running, None
        if running is not None:  # uvicorn only tells the newest
            running.disconnected = True
            running.message_event.set()
        self.pipeline.clear()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._connections.slow[self] = None

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unsent = None
        if not self._is_partial:
            self._connections.slow.pop(self, None)

    def check(self, now: float) -> None:
        """Close the connection, if its caller is late at this time of the event loop."""
        unsent = self._writer.get_write_buffer_size()
        if unsent:
            self._check_reading(now, unsent)
        elif self._is_lingering or self._running is None:
            self._unsent = None
            if now - self._since > self._seconds():
                self._give_up()

    def abort(self) -> None:
        """Close the connection at once; what is not sent yet is let go."""
        self._writer.abort()

    def _check_reading(self, now: float, unsent: int) -> None:
        since, then = self._unsent or (now, unsent)
        if now - since >= self._connections.read_seconds:
            if then - unsent < MIN_READ_BYTES_PER_SECOND * (now - since):
                self._connections.abort(self)
                return
            since, then = now, unsent
        self._unsent = since, then

    def _seconds(self) -> float:
        """How long this caller may be waited for."""
        if self._is_lingering:
            return LINGER_SECONDS
        if self._is_in_head or self.cycle is None:
            return self._connections.header_seconds
        return self._connections.body_seconds if self._is_partial else self.timeout_keep_alive

    def _give_up(self) -> None:
        if self._is_in_head and not self._is_lingering:
            seconds = self._connections.header_seconds
            message = f"The headers did not arrive within {seconds:g} s (HEADER_TIMEOUT); send them faster"
            self._refuse(RequestTimeout(message))
        elif self._is_lingering or self._is_partial:
            self._connections.abort(self)
        else:
            self._writer.close()

    def _wait(self, where: dict[Connection, None]) -> None:
        where.pop(self, None)  # for the newest stand last
        where[self] = None
        self._since = self.loop.time()

    def _wait_for_rest(self) -> None:
        """Note that a request is here in part: the time for a head begins with its first byte."""
        if not self._is_in_head:
            if self not in self._connections.slow:
                self._wait(self._connections.slow)
        elif not self._is_awaited:
            self._is_awaited = True
            self._wait(self._connections.idle)

    def _refuse(self, error: InferenceError) -> None:
        """Tell the caller why it is read no further, after the answers that are due, and close the connection."""
        log.info("request refused", status=error.status, error=str(error))
        has_broken_body = self._is_partial and not self._is_in_head
        running = self._running
        if running is not None and not (has_broken_body and running is self.cycle):
            if has_broken_body:
                self.pipeline.popleft()  # the newest
            self._is_broken, self._is_partial = True, False
            return
        if running is not None:
            running.disconnected = True
            running.message_event.set()
            self._running = None
        if has_broken_body and (running is None or running.response_started):
            self._connections.abort(self)  # it has its answer
            return
        self._writer.write(_answer(error))
        self._linger()

    def _closes(self) -> bool:
        """Whether the connection, which is to be closed, is closed at once."""
        if self._is_partial and not self._is_in_head and not self._is_lingering:
            self._linger()
            return False
        if self._writer.get_write_buffer_size():
            self._connections.slow[self] = None
        return True

    def _linger(self) -> None:
        """End this side, and throw away what the caller still sends: to close now, with bytes not read, would take back
        the answer that it has not read yet (TCP resets)."""
        self._is_lingering = True
        self._writer.write_eof()
        self.flow.resume_reading()
        self._connections.slow.pop(self, None)
        self._wait(self._connections.idle)


def _answer(error: InferenceError) -> bytes:
    body = orjson.dumps(error.body())
    headers = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
    return STATUS_LINE[error.status] + headers + body
