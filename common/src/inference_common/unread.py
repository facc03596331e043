"""Unread: a buffer between the model that makes a stream's chunks and the caller that reads them."""

from __future__ import annotations

import asyncio
from collections import deque

from .pipeline import Chunk

MAX_CHUNKS = 128  # that wait for a reader, beside what the connection holds: seconds of a model's work


class Unread:
    """A queue of chunks in one event loop; full at MAX_CHUNKS, which `put` leaves to its caller to check."""

    def __init__(self) -> None:
        self._chunks: deque[Chunk] = deque()
        self._more: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._ended = False
        self._error: Exception | None = None

    def put(self, chunk: Chunk) -> None:
        """Add a chunk, also to a full queue."""
        self._chunks.append(chunk)
        _wake(self._more)

    def end(self, error: Exception | None = None) -> None:
        """No more come after these; `error`, if any, is raised for the reader then."""
        self._ended, self._error = True, error
        _wake(self._more)

    async def get(self) -> Chunk | None:
        """The next chunk, once it is there; None at the end. Raises what `end` was told."""
        while not self._chunks and not self._ended:
            self._more = asyncio.get_running_loop().create_future()
            await self._more
        if self._chunks:
            chunk = self._chunks.popleft()
            if len(self._chunks) < MAX_CHUNKS:
                _wake(self._room)
            return chunk
        if self._error is not None:
            raise self._error
        return None

    @property
    def is_full(self) -> bool:
        """Whether MAX_CHUNKS or more are not read: the model is to wait for the reader."""
        return len(self._chunks) >= MAX_CHUNKS

    def room(self) -> asyncio.Future[None]:
        """A future that has a result once it is full no longer."""
        self._room = asyncio.get_running_loop().create_future()
        return self._room


def _wake(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)
