"""Origins: whose web pages may call a server."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import Scope

from ..errors import Forbidden
from .names import ANY


class Origins:
    """The `allowed` origins, or any, and the server's own pages.

    CORS by itself only keeps a page from reading an answer: the browser sends a simple POST all the same, and the model
    runs. So a request of another page is refused before it costs anything.
    """

    def __init__(self, allowed: Sequence[str]) -> None:
        self.allowed = allowed
        self._all = ANY in allowed

    def check(self, scope: Scope) -> None:
        """Raises Forbidden for a request of a page that may not call."""
        if self._all:
            return
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if origin and origin not in self.allowed and not (host and origin.partition("://")[2] == host):
            raise Forbidden(f"Pages of {origin[:100]!r} may not call this server; its operator sets CORS_ORIGINS")
