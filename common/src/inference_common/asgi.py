"""App: routes behind the middleware that all apps have, those of a server and those of the process of one model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from .api_key import RequireApiKey
from .metrics import Metrics
from .middleware import RequestContext

EXPOSED = (
    "x-request-id", "x-compute-type", "x-compute-time", "x-queue-time", "x-inference-time", "x-total-time",
    "x-compute-characters", "x-compute-tokens", "x-compute-images", "x-compute-audio-length",
    "x-compute-video-length", "x-compute-rows", "x-warning",
    "retry-after",
)  # fmt: skip
Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


class App(Starlette):
    """Starlette with a middleware of ours in place of its two for exceptions.

    Each request is held against the `routes` one after the other: those of inference come first. Without `metrics`
    requests are neither counted nor logged; with an `api_key` they must give it.
    """

    def __init__(
        self, routes: Sequence[Route], lifespan: Lifespan, metrics: Metrics | None, api_key: SecretStr | None = None
    ) -> None:
        super().__init__(routes=list(routes), lifespan=lifespan)
        self._metrics, self._api_key = metrics, api_key

    def build_middleware_stack(self) -> ASGIApp:
        app: ASGIApp = Dispatch(self.router)
        if self._api_key is not None:
            app = RequireApiKey(app, self._api_key.get_secret_value())
        return RequestContext(app, self._metrics)


class Dispatch:
    """Routes a request. A POST that comes from no page passes by CORSMiddleware, which would only tell caches, which
    keep none, to vary; and to a path without parameters it passes by the router, which tries one route after another.
    """

    def __init__(self, router: Router) -> None:
        self._router = router
        self._cors = CORSMiddleware(
            router, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=EXPOSED
        )
        routes = [route for route in router.routes if isinstance(route, Route) and not route.param_convertors]
        self._posts = {route.path: route for route in routes if "POST" in (route.methods or ())}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope.get("method") != "POST" or b"origin" in dict(scope["headers"]):
            return self._cors(scope, receive, send)
        route = None if scope.get("root_path") else self._posts.get(scope["path"])
        if route is None:
            return self._router(scope, receive, send)
        scope["route"], scope["path_params"] = route, {}  # as the router does
        return route.app(scope, receive, send)
