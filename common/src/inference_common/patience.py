"""How long an answer is waited for: until it is there, its caller has left, or too much time has passed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

from .errors import InferenceTimeout

T = TypeVar("T")
WATCH_AFTER = 0.01  # seconds from which on a caller's leaving is watched for; most answers are sooner


def too_slow(seconds: float) -> InferenceTimeout:
    """The error of an answer that takes longer than so many seconds."""
    return InferenceTimeout(f"The model did not answer within {seconds:g} s; send less at once")


async def until_gone(request: Request, work: Awaitable[T], seconds: float) -> T:
    """What `work` gives. It is cancelled, with ClientDisconnect, when the caller of `request` leaves; and with
    InferenceTimeout after so many seconds."""
    watch = _Watch(request, seconds)
    try:
        return await work
    except asyncio.CancelledError:
        if watch.found is None or watch.is_cancelled_by_others:
            raise
        raise watch.found from None
    finally:
        watch.end()


class _Watch:
    """Cancels the task that began it, and remembers in `found` what for. As asyncio.timeout does, but at first it is no
    more than a timer: a request that is soon answered pays for nothing else."""

    def __init__(self, request: Request, seconds: float) -> None:
        self.found: Exception | None = None
        self._request, self._seconds = request, seconds
        task = asyncio.current_task()
        assert task is not None
        self._task, self._cancelled_before = task, task.cancelling()
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(min(WATCH_AFTER, seconds), self._begin)
        self._watching: asyncio.Task[None] | None = None

    @property
    def is_cancelled_by_others(self) -> bool:
        """Whether somebody else asked the task to end, too."""
        return self._task.cancelling() - 1 > self._cancelled_before

    def end(self) -> None:
        """Watch no more, and take back what was asked of the task."""
        self._timer.cancel()
        if self._watching is not None:
            self._watching.cancel()
        if self.found is not None:
            self._task.uncancel()

    def _begin(self) -> None:
        self._watching = self._loop.create_task(self._watch())

    async def _watch(self) -> None:
        try:
            async with asyncio.timeout(max(0.0, self._seconds - WATCH_AFTER)):
                while (await self._request.receive())["type"] != "http.disconnect":
                    continue
            self.found = ClientDisconnect()
        except TimeoutError:
            self.found = too_slow(self._seconds)
        self._task.cancel()
