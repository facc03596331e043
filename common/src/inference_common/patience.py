"""How long an answer is waited for: until it is there, its caller has left, or too much time has passed."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Self

from starlette.requests import ClientDisconnect, Request

from .errors import InferenceTimeout
from .timers import SharedTimer

ARRIVED = "inference.arrived"
"""Where a request's scope holds when it came, by time.perf_counter."""
WATCH_AFTER_SECONDS = 0.05  # before the connection is watched for the caller's leaving; many answers are sooner


def too_slow(seconds: float) -> InferenceTimeout:
    """The error of an answer that takes longer than so many seconds."""
    return InferenceTimeout(f"The model did not answer within {seconds:g} s (TIMEOUT); send less at once")


class _CancelScope(ABC):
    """A `with` block whose work `cancel` ends, by cancelling the task that is in it, with a reason that it then raises.

    As asyncio.timeout, but that costs a request that is answered at once as much as its own work.
    """

    def __init__(self, timer: SharedTimer) -> None:
        self._loop = asyncio.get_running_loop()  # once: up to Python 3.11 each look is a system call
        task = asyncio.current_task(self._loop)
        assert task is not None
        self._timer, self._task, self._cancelled_before = timer, task, task.cancelling()
        self._reason: Exception | None = None

    def __enter__(self) -> Self:
        self._timer.start(self, self._loop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.stop(self)
        if self._reason is None:
            return
        is_cancelled_by_others = self._task.cancelling() - 1 > self._cancelled_before
        self._task.uncancel()
        if kind is asyncio.CancelledError and not is_cancelled_by_others:
            raise self._reason from None

    def cancel(self, reason: Exception) -> None:
        """End the work; at most once."""
        self._reason = reason
        self._task.cancel()

    @abstractmethod
    def expire(self) -> None:
        """The timer's seconds are over."""


class CancelAfter(_CancelScope):
    """The work inside is cancelled, and `late()` raised, after the seconds of `timer`."""

    def __init__(self, timer: SharedTimer, late: Callable[[], Exception]) -> None:
        super().__init__(timer)
        self._late = late

    def expire(self) -> None:
        self.cancel(self._late())


class CancelOnDisconnect(_CancelScope):
    """The work inside is cancelled, with ClientDisconnect, when the caller of `request` leaves; and with
    InferenceTimeout once so many seconds have passed since `begun`, by time.perf_counter (by default now). `timer` is
    that of `disconnect_timer(seconds)`."""

    def __init__(self, request: Request, seconds: float, timer: SharedTimer, begun: float | None = None) -> None:
        super().__init__(timer)
        self._request, self._seconds = request, seconds
        self._begun = time.perf_counter() if begun is None else begun
        self._watching: asyncio.Task[None] | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watching is not None:
            self._watching.cancel()
        super().__exit__(kind, error, trace)

    def expire(self) -> None:
        self._watching = self._loop.create_task(self._watch())

    async def _watch(self) -> None:
        try:
            async with asyncio.timeout(max(0.0, self._seconds - (time.perf_counter() - self._begun))):
                while (await self._request.receive())["type"] != "http.disconnect":
                    continue
            self.cancel(ClientDisconnect())
        except TimeoutError:
            self.cancel(too_slow(self._seconds))


def disconnect_timer(seconds: float) -> SharedTimer:
    """The timer for CancelOnDisconnect of so many seconds."""
    return SharedTimer(min(WATCH_AFTER_SECONDS, seconds))
