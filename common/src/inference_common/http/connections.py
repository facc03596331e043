"""Connections: how many are open, and which of them are closed because their callers keep them waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Protocol

from ..settings import Settings

SWEEP_SECONDS = 1.0  # between two checks of all time limits, each of which is exact to this much
LINGER_SECONDS = 2.0  # in which a caller that was refused reads why, while what it still sends is thrown away
MIN_READ_BYTES_PER_SECOND = 8 * 1024  # of an answer that waits for its caller
RESERVED_CONNECTIONS = 16  # past the limit, in which probes are answered and all else is refused
DESCRIPTORS_SHARE = 0.75  # of the process's limit of file descriptors: the rest is for files, models and their pipes
MAX_BY_DEFAULT, MIN_BY_DEFAULT = 4096, 16  # connections


class Connection(Protocol):
    """One that waits for its caller."""

    def check(self, now: float) -> None:
        """Close it, if its caller is late at this time of the event loop."""
        ...

    def abort(self) -> None:
        """Close it at once; what is not sent yet is let go."""
        ...


class Connections:
    """The open connections of one server.

    uvicorn's `limit_concurrency` would answer whoever comes last with 503, /health too, and leave those alone that
    only hold a descriptor. Here the oldest of those make room that have no whole request: first the `idle`, which are
    between two requests or within a head, then the `slow`, which send a body or do not take their answer. A connection
    whose request is being answered is never closed for another.

    Their limits are looked at together once a second: a timer for each, which is nearly always cancelled, takes longer.
    """

    def __init__(self, settings: Settings) -> None:
        self.header_seconds = settings.header_timeout
        self.body_seconds = settings.body_timeout
        self.read_seconds = settings.timeout
        self.max_connections = settings.max_connections or default_max_connections()
        self.idle: dict[Connection, None] = {}
        self.slow: dict[Connection, None] = {}
        self._open: set[Connection] = set()
        self._is_sweeping = False
        shortest = min(self.header_seconds, self.body_seconds, settings.keep_alive_timeout, self.read_seconds)
        self._sweep_seconds = min(SWEEP_SECONDS, shortest)

    @property
    def is_full(self) -> bool:
        """Whether more connections than the limit are open, as every other has a request that is being answered."""
        return len(self._open) > self.max_connections

    def add(self, connection: Connection, loop: asyncio.AbstractEventLoop) -> None:
        """Count a new connection in, and close what has to make room for it: itself, where nothing else can."""
        self._open.add(connection)
        if self.is_full and (other := next(self._oldest(), None)) is not None:
            self.abort(other)
        self.idle[connection] = None
        if len(self._open) > self.max_connections + RESERVED_CONNECTIONS:
            self.abort(connection)
        if not self._is_sweeping:
            self._is_sweeping = True
            loop.call_later(self._sweep_seconds, self._sweep, loop)

    def abort(self, connection: Connection) -> None:
        """Close a connection at once; it counts no more from now on, though its end comes a turn of the loop later."""
        self.remove(connection)
        connection.abort()

    def remove(self, connection: Connection) -> None:
        """Count a connection out."""
        self._open.discard(connection)
        self.idle.pop(connection, None)
        self.slow.pop(connection, None)

    def _oldest(self) -> Iterator[Connection]:
        yield from self.idle
        yield from self.slow

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in (*self.idle, *self.slow):
            connection.check(now)
        self._is_sweeping = bool(self._open)
        if self._is_sweeping:
            loop.call_later(self._sweep_seconds, self._sweep, loop)


def default_max_connections() -> int:
    """How many connections there may be, by the limit of file descriptors."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return MAX_BY_DEFAULT
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_BY_DEFAULT
    return max(MIN_BY_DEFAULT, min(MAX_BY_DEFAULT, int(soft * DESCRIPTORS_SHARE)))
