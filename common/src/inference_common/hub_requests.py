"""The limits of `hub_limits` for the sessions of huggingface_hub before 1, which are those of requests."""

from __future__ import annotations

import http.client
import io
import socket
from typing import Any

import huggingface_hub
from huggingface_hub import constants
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from .errors import HubUnavailable
from .hub_limits import Reading, refuse_when_busy, within


def install() -> None:
    """Limit every session that the library makes from now on."""
    library: Any = huggingface_hub
    library.configure_http_backend(_session)


def _session() -> Session:
    from huggingface_hub.utils import _http

    library: Any = _http
    session: Session = library._default_backend_factory()  # read at 0.36.2
    if not constants.HF_HUB_OFFLINE:
        for scheme in ("http://", "https://"):
            session.mount(scheme, _adapter(library.UniqueRequestIdAdapter))
    session.hooks["response"].append(_check)
    return session


def _check(response: Response, **options: Any) -> None:
    try:
        refuse_when_busy(response.status_code, response.headers)
    except HubUnavailable:
        response.close()  # nobody reads it
        raise


def _adapter(base: type[HTTPAdapter]) -> HTTPAdapter:
    """An adapter as the library's own, of limited connections; those to a proxy too."""

    class Limited(base):  # type: ignore[valid-type,misc]  # a class of whichever release is installed
        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            super().init_poolmanager(*args, **options)
            self.poolmanager.pool_classes_by_scheme = _POOLS

        def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
            manager = super().proxy_manager_for(*args, **options)
            manager.pool_classes_by_scheme = _POOLS
            return manager

        def send(self, request: PreparedRequest, *args: Any, timeout: Any = None, **options: Any) -> Any:
            seconds = max((part or 0.0 for part in timeout), default=0.0) if isinstance(timeout, tuple) else timeout
            return super().send(request, *args, timeout=within(seconds or None), **options)

    return Limited()


class _Answer(http.client.HTTPResponse):
    """Reads through `_Read`, its status line and headers included."""

    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(_Socket(sock), *args, **options)  # type: ignore[arg-type]  # it only calls makefile


class _Socket:
    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Read(self._sock))


class _Read(io.RawIOBase):
    """The bytes of one answer, as the connection brings them."""

    def __init__(self, sock: socket.socket) -> None:
        self._file, self._sock, self._reading = sock.makefile("rb", buffering=0), sock, Reading()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(within(self._sock.gettimeout()))
        try:
            size = self._file.readinto(buffer)
        except Exception:
            self._reading.failed()
            raise
        self._reading.count(size or 0)
        return size

    def close(self) -> None:
        self._file.close()
        super().close()


class _Connection(HTTPConnection):
    response_class = _Answer


class _SecureConnection(HTTPSConnection):
    response_class = _Answer


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}
