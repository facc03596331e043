"""AllowedHosts: by which names a server may be called."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from ..errors import InvalidRequest
from ..middleware import PROBES

_PORT = re.compile(r":\d+$")


class AllowedHosts:
    """ASGI middleware: refuses a request whose Host is none of `patterns` (`a.org`, `*.a.org`), whatever its port.

    As Starlette's TrustedHostMiddleware, but it answers as all errors here do, and lets probes pass: an orchestrator
    calls by an address that nobody knows beforehand. Without it a web page whose own name is made to lead to this
    server's address (DNS rebinding) has the server's origin, and reads what it answers. Raises InvalidRequest.
    """

    def __init__(self, app: ASGIApp, patterns: Sequence[str]) -> None:
        self._app = app
        self._exact = frozenset(pattern for pattern in patterns if not pattern.startswith("*"))
        self._endings = tuple(pattern[1:] for pattern in patterns if pattern.startswith("*"))

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and scope["path"] not in PROBES:
            self._check([value for name, value in scope["headers"] if name == b"host"])
        return self._app(scope, receive, send)

    def _check(self, hosts: Sequence[bytes]) -> None:
        name = _PORT.sub("", hosts[0].decode("latin-1")).lower() if len(hosts) == 1 else ""
        if name not in self._exact and not name.endswith(self._endings):
            raise InvalidRequest(
                f"{name[:100]!r} is no Host that this server answers; its operator can add it to ALLOWED_HOSTS"
            )
