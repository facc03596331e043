"""create_app: a library's pipelines and settings in, an ASGI app out."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from .api_key import RequireApiKey
from .discover import discover
from .http import names
from .http.hosts import AllowedHosts
from .http.origins import PageRequests
from .metrics import Metrics
from .middleware import RequestContext
from .models import Models, Pinned
from .on_demand import OnDemand
from .routes import completions, docs, inference, openai, rerank, status
from .service import Service
from .settings import Settings
from .source import ModelSource, open_source

EXPOSED = (
    "x-request-id", "x-compute-type", "x-compute-time", "x-queue-time", "x-inference-time", "x-total-time",
    "x-compute-characters", "x-compute-tokens", "x-compute-images", "x-compute-audio-length",
    "x-compute-video-length", "x-compute-rows", "x-warning",
    "retry-after",
)  # fmt: skip
# Those of inference first: each request is held against one after the other.
ROUTES = (*inference.ROUTES, *status.ROUTES, *docs.ROUTES, *openai.ROUTES, *completions.ROUTES, *rerank.ROUTES)


def create_app(pipelines: str, settings: Settings | None = None, source: ModelSource | None = None) -> Starlette:
    """The app that serves with the pipelines of the package named `pipelines`.

    `settings` default to the environment's. It serves `source`, by default the one that `settings.model_id` names;
    where that names none either, any model of the library, loaded on demand. Raises InvalidRequest for a malformed id.
    """
    settings = settings or Settings()
    library = discover(pipelines)
    chosen = source or _source(settings)
    metrics = Metrics()

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        models: Models = (
            OnDemand(library, settings, metrics) if chosen is None else Pinned(chosen, library, settings, metrics)
        )
        app.state.service = Service(settings, metrics, models)
        try:
            yield
        finally:
            await models.close()

    return _App(metrics, lifespan, settings)


class _App(Starlette):
    """Starlette with a middleware of ours in place of its two for exceptions."""

    def __init__(
        self,
        metrics: Metrics,
        lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]],
        settings: Settings,
    ) -> None:
        super().__init__(routes=list(ROUTES), lifespan=lifespan)
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
    """Routes a request. A POST to a path without parameters passes by the router, which tries all routes in turn."""

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


def _source(settings: Settings) -> ModelSource | None:
    if settings.model_id is None:
        return None
    token = None if settings.hf_token is None else settings.hf_token.get_secret_value()
    return open_source(settings.model_id, revision=settings.revision, token=token)
