"""Gate: a semaphore whose callers take turns, and whose holders can be preempted while they wait for a reader."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from .turns import Caller, Turns


@dataclass(eq=False, slots=True)
class _Waiter:
    caller: Caller
    through: asyncio.Future[None]


class Gate:
    """A semaphore of `most` places. Waiting callers take turns (`Turns`)."""

    def __init__(self, most: int) -> None:
        self.most, self._free = most, most
        self._waiters: Turns[_Waiter] = Turns()
        self._preemptible: dict[asyncio.Future[None], None] = {}  # the oldest first

    def count(self, caller: Caller) -> int:
        """How many places a caller waits for."""
        return self._waiters.count(caller)

    async def acquire(self, caller: Caller) -> None:
        """Wait for a place; give it back by `release`."""
        if self._free:
            self._free -= 1
            return
        waiter = _Waiter(caller, asyncio.get_running_loop().create_future())
        self._waiters.add(caller, [waiter])
        self._preempt_one()
        try:
            await waiter.through
        except asyncio.CancelledError:
            if not self._waiters.remove(caller, waiter):
                self.release()  # it was let through just then
            raise

    def release(self) -> None:
        """Give a place back, to the caller whose turn it is, if one waits."""
        waiter = self._waiters.first()
        if waiter is None:
            self._free += 1
            return
        self._waiters.served(waiter.caller)
        self._waiters.remove(waiter.caller, waiter)
        if not waiter.through.cancelled():
            waiter.through.set_result(None)
        # Else its `acquire`, which is told of its cancellation next, releases it again.

    async def hold_unless_wanted(self, room: asyncio.Future[None], late: Exception) -> None:
        """Keep a place until `room` has a result. Raises `late` as soon as another caller waits for a place."""
        self._preemptible[room] = None
        if len(self._waiters):
            self._preempt_one()
        try:
            await room
        except asyncio.CancelledError:
            if room in self._preemptible:  # cancelled by others than by _preempt_one
                raise
            raise late from None
        finally:
            self._preemptible.pop(room, None)

    def _preempt_one(self) -> None:
        room = next(iter(self._preemptible), None)
        if room is not None:
            del self._preemptible[room]
            room.cancel()
