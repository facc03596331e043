"""How long an answer is waited for: until it is there, its caller has left, or too much time has passed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

from .errors import InferenceTimeout

T = TypeVar("T")
WATCH_AFTER = 0.01  # seconds from which on a caller's leaving is watched for; most answers are sooner


def too_slow(seconds: float) -> InferenceTimeout:
    """The error of an answer that takes longer than so many seconds."""
    return InferenceTimeout(f"The model did not answer within {seconds:g} s; send less at once")


async def in_time(work: Awaitable[T], seconds: float, late: Callable[[], Exception]) -> T:
    """What `work` gives. It is cancelled, and `late()` raised, after so many seconds."""
    interruption = _Interruption()
    timer = asyncio.get_running_loop().call_later(seconds, lambda: interruption.begin(late()))
    try:
        return await interruption.over(work)
    finally:
        timer.cancel()


async def until_gone(request: Request, work: Awaitable[T], seconds: float) -> T:
    """What `work` gives. It is cancelled, with ClientDisconnect, when the caller of `request` leaves; and with
    InferenceTimeout after so many seconds."""
    loop = asyncio.get_running_loop()
    interruption = _Interruption()
    watching: asyncio.Task[None] | None = None

    def begin() -> None:
        nonlocal watching
        watching = loop.create_task(_watch(request, seconds - WATCH_AFTER, seconds, interruption))

    timer = loop.call_later(min(WATCH_AFTER, seconds), begin)
    try:
        return await interruption.over(work)
    finally:
        timer.cancel()
        if watching is not None:
            watching.cancel()


async def _watch(request: Request, left: float, seconds: float, interruption: _Interruption) -> None:
    try:
        async with asyncio.timeout(max(0.0, left)):
            while (await request.receive())["type"] != "http.disconnect":
                continue
        interruption.begin(ClientDisconnect())
    except TimeoutError:
        interruption.begin(too_slow(seconds))


class _Interruption:
    """What ends the work of the task that makes it, at most once. As asyncio.timeout, which begins as soon, and costs
    a request that is answered at once as much as its own work."""

    def __init__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task, self._cancelled_before = task, task.cancelling()
        self._why: Exception | None = None

    def begin(self, why: Exception) -> None:
        """Cancel the task's work, which then raises `why`."""
        self._why = why
        self._task.cancel()

    async def over(self, work: Awaitable[T]) -> T:
        """What `work` gives, if it is not interrupted."""
        try:
            return await work
        except asyncio.CancelledError:
            is_cancelled_by_others = self._task.cancelling() - 1 > self._cancelled_before
            if self._why is None or is_cancelled_by_others:
                raise
            raise self._why from None
        finally:
            if self._why is not None:
                self._task.uncancel()
