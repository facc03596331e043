"""SharedTimer: many waits of one length on one timer of the event loop."""

from __future__ import annotations

import asyncio
from typing import Protocol


class Expiring(Protocol):
    """A wait; `expire` is called when its time is over."""

    def expire(self) -> None: ...


class SharedTimer:
    """Calls `expire` of each wait that has lasted for `seconds`.

    Waits of equal length end in the order in which they began, so one timer of the event loop is enough for all of
    them. A timer for each, which is nearly always cancelled, takes longer.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends: dict[Expiring, float] = {}  # in ascending order
        self._is_armed = False

    def start(self, waiting: Expiring, loop: asyncio.AbstractEventLoop) -> None:
        """Begin a wait; `loop` is the running one."""
        self._ends[waiting] = loop.time() + self._seconds
        if not self._is_armed:
            self._is_armed = True
            loop.call_later(self._seconds, self._check, loop)

    def stop(self, waiting: Expiring) -> None:
        """End a wait, if it has not expired."""
        self._ends.pop(waiting, None)

    def _check(self, loop: asyncio.AbstractEventLoop) -> None:
        while (waiting := next(iter(self._ends), None)) is not None and self._ends[waiting] <= loop.time():
            del self._ends[waiting]
            waiting.expire()
        self._is_armed = waiting is not None
        if waiting is not None:
            loop.call_at(self._ends[waiting], self._check, loop)
