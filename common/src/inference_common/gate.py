"""Gate: lets so many through at once, callers in turn; who is through but waits for a reader makes way for others."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from .turns import Caller, Turns


@dataclass(eq=False, slots=True)
class _Waiter:
    caller: Caller
    through: asyncio.Future[None]


class Gate:
    """A semaphore of `most` places whose callers take turns."""

    def __init__(self, most: int) -> None:
        self.most, self._free = most, most
        self._waiters: Turns[_Waiter] = Turns()
        self._giving_way: dict[asyncio.Future[None], None] = {}  # the oldest first

    def count(self, caller: Caller) -> int:
        """How many times a caller waits."""
        return self._waiters.count(caller)

    async def acquire(self, caller: Caller) -> None:
        """Return once through, to be released."""
        if self._free:
            self._free -= 1
            return
        waiter = _Waiter(caller, asyncio.get_running_loop().create_future())
        self._waiters.add(caller, [waiter])
        self._make_way()
        try:
            await waiter.through
        except asyncio.CancelledError:
            if not self._waiters.remove(caller, waiter):
                self.release()  # it was let through just then
            raise

    def release(self) -> None:
        """Let the next one through."""
        waiter = self._waiters.first()
        if waiter is None:
            self._free += 1
            return
        self._waiters.served(waiter.caller)
        self._waiters.remove(waiter.caller, waiter)
        if not waiter.through.cancelled():
            waiter.through.set_result(None)
        # Else its `acquire`, which is told of its cancellation next, releases it again.

    async def hold_while_free(self, room: asyncio.Future[None], late: Exception) -> None:
        """Keep one's place until `room` has a result, or raise `late` as soon as somebody else waits for a place."""
        self._giving_way[room] = None
        if len(self._waiters):
            self._make_way()
        try:
            await room
        except asyncio.CancelledError:
            if room in self._giving_way:  # cancelled by others than by _make_way
                raise
            raise late from None
        finally:
            self._giving_way.pop(room, None)

    def _make_way(self) -> None:
        room = next(iter(self._giving_way), None)
        if room is not None:
            del self._giving_way[room]
            room.cancel()
