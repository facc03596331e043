"""Limits on what is read of the Hub: of a whole call's time and size, and of a connection's speed.

The Hub client's own time-outs are those of one read each, and some of its calls have none: a Hub that sends one byte a
second, or asks to come back in an hour, would hold the thread that reads it.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass

from .errors import HubUnavailable

STALL_SECONDS = 30.0  # of one operation on a connection, and over which its speed is measured
MIN_BYTES_PER_SECOND = 1024  # of each connection that is read, over STALL_SECONDS
MAX_RETRY_AFTER_SECONDS = 3600
_RESET_SECONDS = re.compile(r"(?:^|;)\s*t\s*=\s*(\d{1,9})\b")  # of the header `ratelimit`: "api";r=0;t=55


@dataclass
class _CallLimit:
    seconds: float
    end: float
    bytes_left: int


_call: ContextVar[_CallLimit | None] = ContextVar("hub_call", default=None)


@contextlib.contextmanager
def limit(seconds: float, max_bytes: int) -> Iterator[None]:
    """Inside, all that this thread asks the Hub may take `seconds` together, and `max_bytes` of answers are read."""
    token = _call.set(_CallLimit(seconds, time.monotonic() + seconds, max_bytes))
    try:
        yield
    finally:
        _call.reset(token)


def within(timeout: float | None) -> float:
    """Seconds that one operation on a connection may take, of `timeout` (None: no limit of its own). Raises
    HubUnavailable once the time of the whole call is over."""
    current = _call.get()
    timeout = STALL_SECONDS if timeout is None else min(timeout, STALL_SECONDS)
    if current is None:
        return timeout
    left = current.end - time.monotonic()
    if left <= 0:
        raise HubUnavailable(
            f"The Hub did not answer within {current.seconds:g} seconds; try again later", retry_after=10
        )
    return min(timeout, left)


class Reading:
    """What is read of one connection, from when a request was sent on it."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A request is sent: its answer is measured from now on."""
        self._since, self._bytes = time.monotonic(), 0

    def count(self, size: int) -> None:
        """So many bytes were read. Raises HubUnavailable past a limit."""
        self._bytes += size
        self.check_speed()
        current = _call.get()
        if current is not None:
            current.bytes_left -= size
            if current.bytes_left < 0:
                raise HubUnavailable("The Hub's answer about this model is longer than any that is read here")

    def failed(self) -> None:
        """A read failed. Raises HubUnavailable where a limit is the cause: the client would only try again."""
        within(None)
        self.check_speed()

    def check_speed(self) -> None:
        """Raises HubUnavailable where too little came since the last STALL_SECONDS began."""
        seconds = time.monotonic() - self._since
        if seconds < STALL_SECONDS:
            return
        if self._bytes < MIN_BYTES_PER_SECOND * seconds:
            raise HubUnavailable(
                f"The Hub sends less than {MIN_BYTES_PER_SECOND:,} bytes a second; check the network, or try again"
            )
        self.restart()


def refuse_when_busy(status: int, headers: Mapping[str, str]) -> None:
    """Raises HubUnavailable for a 429, with when to come back: the client itself sleeps for as long as the Hub asks it
    to, five times."""
    if status != 429:
        return
    retry_after = headers.get("retry-after", "").strip()
    reset = _RESET_SECONDS.search(headers.get("ratelimit", ""))
    seconds = int(retry_after) if retry_after.isdecimal() and len(retry_after) < 10 else int(reset[1]) if reset else 60
    raise HubUnavailable(
        "The Hub has had too many requests from this server; try again later, or set HF_TOKEN, which may send more",
        retry_after=max(1, min(seconds, MAX_RETRY_AFTER_SECONDS)),
    )
