"""PageRequests: whose web pages may call a server, and read what it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ..errors import Forbidden
from ..middleware import AnswerErrors
from .names import ANY


class PageRequests:
    """ASGI middleware: pages of the `allowed` origins, or of any, and the server's own, may call, and read the answer,
    an error too, with the `exposed` headers. Raises Forbidden for a request of another page.

    CORS by itself only keeps a page from reading an answer: the browser sends a simple POST all the same, and the model
    runs. So a request of another page is refused before it costs anything. A POST that comes from no page passes by
    CORSMiddleware, which would only tell caches, which keep none, to vary.
    """

    def __init__(self, app: ASGIApp, allowed: Sequence[str], exposed: Sequence[str]) -> None:
        self._app, self._allowed, self._all = app, allowed, ANY in allowed
        self._cors = CORSMiddleware(
            AnswerErrors(app),  # within it, or a page could not read them
            allow_origins=allowed,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=exposed,
        )

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        if scope["method"] != "POST" or b"origin" in dict(scope["headers"]):
            self._check(scope)
            return self._cors(scope, receive, send)
        return self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        if self._all:
            return
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if origin and origin not in self._allowed and not (host and origin.partition("://")[2] == host):
            raise Forbidden(
                f"Pages of {origin[:100]!r} may not call this server; its operator can add it to CORS_ORIGINS"
            )
