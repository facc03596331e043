"""The server's API key: who does not give it gets no inference."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import Unauthorized

PUBLIC_PATHS = frozenset({"/", "/health", "/ready", "/metrics", "/docs", "/openapi.json"})
"""Answered without a key when they are read, as the files of the docs: what load balancers, Prometheus and people look
at."""
_DOCS_FILES = "/docs/"


class RequireApiKey:
    """ASGI middleware: a request needs `Authorization: Bearer KEY`, as with vLLM's and TEI's `--api-key`, but for reads
    of PUBLIC_PATHS and for a browser's preflights. The key is compared in constant time. Raises Unauthorized."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app, self._key = app, key.encode()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and not _is_public(scope) and not self._is_given(scope):
            raise Unauthorized("This server needs its API key; send it as Authorization: Bearer KEY")
        return self._app(scope, receive, send)

    def _is_given(self, scope: Scope) -> bool:
        given = bearer(next((str(v, "latin-1") for name, v in scope["headers"] if name == b"authorization"), None))
        return given is not None and hmac.compare_digest(given.encode("latin-1"), self._key)


def bearer(authorization: str | None) -> str | None:
    """The token of an `Authorization` header of the scheme Bearer; None without one."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _is_public(scope: Scope) -> bool:
    method, path = scope["method"], scope["path"]
    return method == "OPTIONS" or (method in ("GET", "HEAD") and (path in PUBLIC_PATHS or path.startswith(_DOCS_FILES)))
