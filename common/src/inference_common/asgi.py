"""App: routes behind the middleware that all apps have, those of a server and those of the process of one model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from .api_key import RequireApiKey
from .http import names
from .http.hosts import AllowedHosts
from .http.origins import PageRequests
from .metrics import Metrics
from .middleware import RequestContext
from .settings import Settings

EXPOSED = (
    "x-request-id", "x-compute-type", "x-compute-time", "x-queue-time", "x-inference-time", "x-total-time",
    "x-compute-characters", "x-compute-tokens", "x-compute-images", "x-compute-audio-length",
    "x-compute-video-length", "x-compute-rows", "x-warning",
    "retry-after",
)  # fmt: skip
Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


class App(Starlette):
    """Starlette with a middleware of ours in place of its two for exceptions.

    Each request is held against the `routes` one after the other: those of inference come first. The `settings` say who
    may call. Without `metrics` requests are neither counted nor logged, as another server forwards them, and does.
    """

    def __init__(
        self, routes: Sequence[Route], lifespan: Lifespan, metrics: Metrics | None, settings: Settings
    ) -> None:
        super().__init__(routes=list(routes), lifespan=lifespan)
        self._metrics, self._settings = metrics, settings
        # `/health/` would be sent on to an address of the caller's Host.
        self.router.redirect_slashes = False

    def build_middleware_stack(self) -> ASGIApp:
        app: ASGIApp = Dispatch(self.router)
        if self._settings.api_key is not None:
            app = RequireApiKey(app, self._settings.api_key.get_secret_value())
        if hosts := names.hosts(self._settings.allowed_hosts):
            app = AllowedHosts(app, hosts)
        app = PageRequests(app, names.origins(self._settings.cors_origins), EXPOSED)
        return RequestContext(app, self._metrics)


class Dispatch:
    """Routes a request. A POST to a path without parameters passes by the router, which tries its routes in turn."""

    def __init__(self, router: Router) -> None:
        self._router = router
        routes = [route for route in router.routes if isinstance(route, Route) and not route.param_convertors]
        self._posts = {route.path: route for route in routes if "POST" in (route.methods or ())}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        is_post = scope.get("method") == "POST" and not scope.get("root_path")
        route = self._posts.get(scope["path"]) if is_post else None
        if route is None:
            return self._router(scope, receive, send)
        scope["route"], scope["path_params"] = route, {}  # as the router does
        return route.app(scope, receive, send)
