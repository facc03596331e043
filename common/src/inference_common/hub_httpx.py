"""The limits of `hub_limits` for the clients of huggingface_hub 1 and 2, which are httpx's."""

from __future__ import annotations

from typing import Any

from huggingface_hub import set_client_factory
from huggingface_hub.utils._http import default_client_factory  # read at 2.4.0

from .hub_limits import Reading, refuse_when_busy, within


def install() -> None:
    """Limit every client that the library makes from now on."""
    set_client_factory(_client)


def _client() -> Any:
    client = default_client_factory()
    client.event_hooks = {**client.event_hooks, "response": [*client.event_hooks["response"], _check]}
    # A transport of our own would lose the proxies that the environment names: those that are made are changed instead.
    transports: tuple[Any, ...] = (client._transport, *client._mounts.values())
    for transport in transports:
        if transport is not None:
            transport._pool._network_backend = _Backend(transport._pool._network_backend)
    return client


def _check(response: Any) -> None:
    refuse_when_busy(response.status_code, response.headers)


class _Backend:
    """What opens the client's connections."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> _Stream:
        return _Stream(self._backend.connect_tcp(host, port, timeout=within(timeout), **options))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)


class _Stream:
    """One connection; a request that is written starts the measure of what is read."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._reading = stream, Reading()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            data: bytes = self._stream.read(max_bytes, timeout=within(timeout))
        except Exception:
            self._reading.failed()
            raise
        self._reading.count(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._reading.restart()
        self._stream.write(buffer, timeout=within(timeout))

    def start_tls(self, *args: Any, timeout: float | None = None, **options: Any) -> _Stream:
        return _Stream(self._stream.start_tls(*args, timeout=within(timeout), **options))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
