"""GatheringTransport: gives all that is written in one turn of the event loop to the system in one call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

MAX_GATHERED_BYTES = 64 * 1024  # as many as uvicorn itself lets wait for a slow caller


class GatheringTransport:
    """A transport that gathers what is written to it in one turn of the event loop, up to MAX_GATHERED_BYTES.

    uvicorn gives the head of an answer and its body to the system one by one, and wakes the caller twice. `closes` is
    asked before the transport is closed: whether it is to be, now.
    """

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, closes: Callable[[], bool]
    ) -> None:
        self._transport, self._loop, self._closes = transport, loop, closes
        self._gathered: list[bytes | bytearray | memoryview] = []
        self._size = 0
        self.is_closing = transport.is_closing  # called for each request: not through __getattr__

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._gathered:
            self._loop.call_soon(self.flush)
        self._gathered.append(data)
        self._size += len(data)
        if self._size > MAX_GATHERED_BYTES:  # or a caller that reads slowly would not be noticed
            self.flush()

    def write_eof(self) -> None:
        self.flush()
        if not self.is_closing():
            self._transport.write_eof()

    def close(self) -> None:
        self.flush()
        if self.is_closing() or self._closes():
            self._transport.close()

    def flush(self) -> None:
        """Write what is gathered now."""
        gathered, self._gathered, self._size = self._gathered, [], 0
        if gathered and not self.is_closing():  # the caller may have left meanwhile
            self._transport.writelines(gathered)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
