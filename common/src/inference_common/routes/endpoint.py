"""Endpoint: a handler as an ASGI app."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

Handler = Callable[[Request], Awaitable[Response]]


class _Headers(Headers):
    """Read once: Starlette's own go through all of them for each name that is asked for."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(raw=scope["headers"])
        # Of a name that comes twice, the first.
        self._values = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}

    def __getitem__(self, name: str) -> str:
        value: str = self._values[name.lower()]
        return value

    def get(self, name: str, default: Any = None) -> Any:
        return self._values.get(name.lower(), default)


class _Request(Request):
    @functools.cached_property
    def headers(self) -> Headers:
        return _Headers(self.scope)


class Endpoint:
    """A handler that a route calls as it is. Around a bare one, Starlette puts its handling of exceptions once more."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.__name__ = handler.__name__  # which a route takes its own name from

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._handler(_Request(scope, receive, send))
        await response(scope, receive, send)
