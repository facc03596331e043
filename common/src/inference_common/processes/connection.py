"""Connection: HTTP/1.1 to a model's process, over its Unix socket, by the parser that uvicorn reads requests with.

Not by an HTTP client: aiohttp's took 1.2 to 1.3 times as long for a small call.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import cast

import httptools

MAX_HEAD_BYTES = 64 * 1024
MAX_WAITING_BYTES = 256 * 1024  # of an answer that its caller reads slowly; the process is not read from meanwhile
RawHeaders = list[tuple[bytes, bytes]]


class Broken(Exception):
    """The process closed the connection, or what it sent is no HTTP; `has_begun` is whether any of an answer came."""

    def __init__(self, *, has_begun: bool) -> None:
        super().__init__("the connection to the model's process broke")
        self.has_begun = has_begun


class Connection(asyncio.Protocol):
    """One request at a time: `send`, `head`, then `chunk` until it is empty. `is_reusable` once that went well."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._closed: Exception | None = None
        self._chunks: deque[bytes] = deque()
        self._has_head = self._is_complete = self._is_paused = self._keeps_alive = False
        self._reset()

    def send(self, request: list[bytes]) -> None:
        """Write a whole request, and forget the answer before it."""
        self._reset()
        if self._transport is not None:
            self._transport.writelines(request)

    async def head(self) -> tuple[int, RawHeaders]:
        """The status and headers of the answer. Raises Broken."""
        while not self._has_head:
            await self._more()
        return self._parser.get_status_code(), self._headers

    async def chunk(self) -> bytes:
        """The next bytes of the body, all that are here; empty at its end. Raises Broken."""
        while not self._chunks and not self._is_complete:
            await self._more()
        body = b"".join(self._chunks) if len(self._chunks) != 1 else self._chunks[0]
        self._chunks.clear()
        self._waiting = 0
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
        return body

    @property
    def has_head(self) -> bool:
        """Whether the status and headers of the answer are here."""
        return self._has_head

    @property
    def is_complete(self) -> bool:
        """Whether all of the answer is here; some may wait in `chunk`."""
        return self._is_complete

    @property
    def is_reusable(self) -> bool:
        """Whether another request may be sent."""
        return self._is_complete and self._closed is None and self._keeps_alive

    def close(self) -> None:
        """Close it at once, as where the caller has left: the process then stops its work on the answer."""
        if self._transport is not None:
            self._transport.abort()

    async def _more(self) -> None:
        if self._closed is not None:
            raise self._closed
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _reset(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: RawHeaders = []
        self._chunks.clear()
        self._received = self._waiting = 0
        self._has_head = self._is_complete = self._is_paused = self._keeps_alive = False

    # asyncio's, of a protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._closed = self._closed or Broken(has_begun=self._received > 0)
        self._wake()

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._break()
        if not self._has_head and self._received > MAX_HEAD_BYTES:
            self._break()
        if self._waiting > MAX_WAITING_BYTES and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def _break(self) -> None:
        self._closed = Broken(has_begun=True)
        self.close()

    # httptools', of a parser

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._has_head = True

    def on_body(self, body: bytes) -> None:
        self._chunks.append(body)
        self._waiting += len(body)

    def on_message_complete(self) -> None:
        self._keeps_alive = self._parser.should_keep_alive()
        self._is_complete = True
