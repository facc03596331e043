"""Limits on the Hub client's connections: of a whole call's time and size, and of a download's speed.

The client's own time-outs are those of one read each, and some of its calls have none: a Hub that sends one byte a
second, or asks to come back in an hour, would hold the thread that reads it.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from huggingface_hub import set_client_factory
from huggingface_hub.utils._http import default_client_factory, parse_ratelimit_headers  # read at 2.4.0

from .errors import HubUnavailable

STALL_SECONDS = 30.0  # of one operation on a connection, and over which its speed is measured
MIN_BYTES_PER_SECOND = 1024  # of each connection that is read, over STALL_SECONDS
MAX_RETRY_AFTER_SECONDS = 3600


@dataclass
class _CallLimit:
    seconds: float
    end: float
    bytes_left: int


_call: ContextVar[_CallLimit | None] = ContextVar("hub_call", default=None)


@contextlib.contextmanager
def call_limit(seconds: float, max_bytes: int) -> Iterator[None]:
    """Inside, all calls of this thread to the Hub together may take `seconds`, and read `max_bytes` of answers.

    Past either a call raises HubUnavailable.
    """
    install()
    token = _call.set(_CallLimit(seconds, time.monotonic() + seconds, max_bytes))
    try:
        yield
    finally:
        _call.reset(token)


@functools.cache
def install() -> None:
    """Limit every client that the Hub's library makes from now on."""
    set_client_factory(_client)


def _client() -> Any:
    client = default_client_factory()
    client.event_hooks = {**client.event_hooks, "response": [*client.event_hooks["response"], _refuse_when_busy]}
    # A transport of our own would lose the proxies that the environment names: those that are made are changed instead.
    transports: tuple[Any, ...] = (client._transport, *client._mounts.values())
    for transport in transports:
        if transport is not None:
            transport._pool._network_backend = _Backend(transport._pool._network_backend)
    return client


def _refuse_when_busy(response: Any) -> None:
    """The client itself sleeps for as long as the Hub asks it to, five times."""
    if response.status_code == 429:
        asked = parse_ratelimit_headers(response.headers)
        told = response.headers.get("retry-after", "").strip()
        seconds = int(told) if told.isdecimal() and len(told) < 10 else asked.reset_in_seconds if asked else 60
        raise HubUnavailable(
            "The Hub has had too many requests from this server; try again later, or set HF_TOKEN, which may send more",
            retry_after=max(1, min(seconds, MAX_RETRY_AFTER_SECONDS)),
        )


class _Backend:
    """What opens the client's connections."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> _Stream:
        return _Stream(self._backend.connect_tcp(host, port, timeout=_within(timeout), **options))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)


class _Stream:
    """One connection; a request that is written starts the measure of what is read."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._restart()

    def _restart(self) -> None:
        self._since, self._read_bytes = time.monotonic(), 0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            data: bytes = self._stream.read(max_bytes, timeout=_within(timeout))
        except Exception:  # told instead, where the client would only try again: the time of all is over
            _within(timeout)
            self._check_speed()
            raise
        self._read_bytes += len(data)
        self._check_speed()
        limit = _call.get()
        if limit is not None:
            limit.bytes_left -= len(data)
            if limit.bytes_left < 0:
                raise HubUnavailable("The Hub's answer about this model is longer than any that is read here")
        return data

    def _check_speed(self) -> None:
        seconds = time.monotonic() - self._since
        if seconds < STALL_SECONDS:
            return
        if self._read_bytes < MIN_BYTES_PER_SECOND * seconds:
            raise HubUnavailable(
                f"The Hub sends less than {MIN_BYTES_PER_SECOND:,} bytes a second; check the network, or try again"
            )
        self._restart()

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._restart()
        self._stream.write(buffer, timeout=_within(timeout))

    def start_tls(self, *args: Any, timeout: float | None = None, **options: Any) -> _Stream:
        return _Stream(self._stream.start_tls(*args, timeout=_within(timeout), **options))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _within(timeout: float | None) -> float:
    """Seconds that one operation may take. Raises HubUnavailable once the call's time is over."""
    limit = _call.get()
    timeout = STALL_SECONDS if timeout is None else min(timeout, STALL_SECONDS)
    if limit is None:
        return timeout
    left = limit.end - time.monotonic()
    if left <= 0:
        raise HubUnavailable(
            f"The Hub did not answer within {limit.seconds:g} seconds; try again later", retry_after=10
        )
    return min(timeout, left)
