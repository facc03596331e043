"""Endpoint: a handler as an ASGI app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ..account import release

MODEL = "/models/{model:path}"
Handler = Callable[[Request], Awaitable[Response]]


class _Headers(Headers):
    """Looked up in a table: Starlette's own go through all of them for each name that is looked for."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(raw=scope["headers"])
        self._values = dict(reversed(scope["headers"]))  # of a name that comes twice, the first

    def __getitem__(self, name: str) -> str:
        value: bytes = self._values[name.lower().encode("latin-1")]
        return value.decode("latin-1")

    def get(self, name: str, default: Any = None) -> Any:
        value = self._values.get(name.lower().encode("latin-1"))
        return default if value is None else value.decode("latin-1")


class _Request(Request):
    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self._headers = _Headers(scope)  # where Starlette's own property looks first


class Endpoint:
    """A handler that a route calls as it is. Around a bare one, Starlette puts its handling of exceptions once more.

    What the request holds of the memory account, from its body on, is held until its answer is written, or will not be.
    """

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.__name__ = handler.__name__  # which a route takes its own name from

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._handler(_Request(scope, receive, send))
            await response(scope, receive, send)
        finally:
            release()


def below_a_model(routes: Iterable[Route]) -> Sequence[Route]:
    """The same routes below the address of a model, which clients append them to: `/models/{model}/v1/completions`."""
    return [Route(MODEL + route.path, route.endpoint, methods=["POST"]) for route in routes]


def hosted(routes: Iterable[Route]) -> Sequence[Route]:
    """The same routes of models as clients address the Hub's own inference: `/hf-inference/models/{model}`."""
    return [Route(f"/hf-inference{route.path}", route.endpoint, methods=["POST"]) for route in routes]
