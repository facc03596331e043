"""HttpProtocol: one connection of the server, with limits on what its caller may send."""

from __future__ import annotations

import asyncio
from typing import Any

import httptools
from starlette.types import Message
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from ..errors import InferenceError, InvalidRequest
from ..middleware import PROBES
from . import half_closed, head
from .busy import busy
from .connections import Connections
from .timed import TimedProtocol
from .upgrade import parser_of_body

MAX_PIPELINED = 16  # requests that wait for the answer to one before them: clients in use send none


class HttpProtocol(TimedProtocol):
    """uvicorn bounds neither the head of a request, nor the requests in a row; and where a caller asks for an upgrade,
    or ends its side, the body or the answer is lost."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        connections: Connections,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop, connections=connections)
        self._unparsed_bytes = 0  # received since a head, a piece of a body or a message was complete
        self._transfer_encodings: list[bytes] = []
        self._is_surplus = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._is_surplus = self._connections.is_full

    def data_received(self, data: bytes) -> None:
        if self._is_lingering or self._is_broken:
            return
        self._unparsed_bytes += len(data)
        try:
            self._feed(data)
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(
                cause
                if isinstance(cause, InferenceError)
                else InvalidRequest(f"The request is not HTTP/1.1: {error}; send it by an HTTP client")
            )
            return
        if self._unparsed_bytes > head.MAX_HEAD_BYTES:
            self._refuse(head.too_large(self.url if self._is_in_head else b""))
        elif self._is_partial and (self._running is None or not self._is_in_head):
            self._wait_for_rest()

    def _feed(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                rest = data[upgrade.args[0] :]
            self.parser, known = parser_of_body(self, list(self.scope["headers"]))
            data = known + rest

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head = self._is_partial = True
        self._is_awaited = False
        self._transfer_encodings.clear()

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"expect":
            self.expect_100_continue = value.lower() == b"100-continue"
        elif name == b"transfer-encoding":
            self._transfer_encodings.append(value)
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        head.check_size(self.url, self.headers, exact=self._unparsed_bytes > head.MAX_HEAD_BYTES)
        if self._transfer_encodings:
            head.check_transfer_encoding(self._transfer_encodings)
        if not self.url.startswith(b"/"):
            self.url = head.origin_form(self.url)
        if len(self.pipeline) >= MAX_PIPELINED:
            raise InvalidRequest(
                f"More than {MAX_PIPELINED} requests wait for their answers on this connection; read those first"
            )
        super().on_headers_complete()
        if self.expect_100_continue:
            _close_unless_continued(self.cycle)
        self._connections.idle.pop(self, None)
        self._unparsed_bytes, self._is_in_head = 0, False
        self.headers = []  # trailers are no headers: they may not say what a proxy has checked

    def on_body(self, body: bytes) -> None:
        self._unparsed_bytes = 0
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.body += body
            if len(cycle.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()
            cycle.message_event.set()

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return  # so httptools has it, but the body follows
        self._unparsed_bytes, self._is_partial = 0, False
        if not self.flow.write_paused:
            self._connections.slow.pop(self, None)
        if self._running is None:  # its answer did not need it
            self._wait(self._connections.idle)
        elif not self.cycle.response_complete:
            self.cycle.more_body = False
            self.cycle.message_event.set()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        if self._is_surplus and self._connections.is_full and cycle.scope["path"] not in PROBES:
            app = busy
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        self._running = None
        if self._is_lingering or self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._is_broken:
            self.transport.close()
        else:
            is_read = not self._is_partial or self._is_in_head
            self._wait(self._connections.idle if is_read else self._connections.slow)

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio asks; uvicorn never keeps it
        """Whether the connection stays open: a caller that has sent all of its request may end its side before it reads
        the answer."""
        self._writer.flush()
        running = self._running
        if running is None or self._is_partial or self._is_lingering:
            return False
        self.cycle.keep_alive = False
        probe = not running.response_started and running.scope["http_version"] == "1.1"
        half_closed.watch(self._writer, self.loop, probe=probe)
        return True


def _close_unless_continued(cycle: RequestResponseCycle) -> None:
    """Have the connection end with an answer that comes before the caller was told to send the body it offers: it may
    send none, and then the next request would be read as that."""
    send = cycle.send

    async def checked(message: Message) -> None:
        if cycle.waiting_for_100_continue:
            cycle.keep_alive = False
        await send(message)  # type: ignore[arg-type]  # Starlette's word for what uvicorn takes

    cycle.send = checked  # type: ignore[method-assign,assignment]
