"""HttpProtocol: uvicorn's, which writes what it sends in one turn of the event loop at once."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_GATHERED = 64 * 1024  # bytes: as many as uvicorn itself lets wait for a slow caller


class HttpProtocol(HttpToolsProtocol):
    """As uvicorn's own, which gives the head of an answer and its body to the system one by one, and wakes the caller
    twice."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        self._writer = _OneWrite(transport, self.loop)
        super().connection_made(cast(asyncio.Transport, self._writer))

    def eof_received(self) -> None:
        """Write what is gathered: the transport closes after this, though the caller may still read."""
        self._writer.flush()


class _OneWrite:
    """A transport that gathers what is written to it in one turn of the event loop, up to MAX_GATHERED bytes."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._gathered: list[bytes | bytearray | memoryview] = []
        self._size = 0
        self.is_closing = transport.is_closing  # called for each request: not through __getattr__

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._gathered:
            self._loop.call_soon(self.flush)
        self._gathered.append(data)
        self._size += len(data)
        if self._size > MAX_GATHERED:  # or a caller that reads slowly would not be noticed
            self.flush()

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def flush(self) -> None:
        """Write what is gathered now."""
        gathered, self._gathered, self._size = self._gathered, [], 0
        if gathered and not self.is_closing():  # the caller may have left meanwhile
            self._transport.writelines(gathered)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
