"""create_app: a library's pipelines and settings in, an ASGI app out."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .discover import discover
from .errors import InferenceError
from .metrics import Metrics
from .middleware import RequestContext
from .models import Models, OnDemand, Pinned
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

    return Starlette(
        routes=list(ROUTES),
        lifespan=lifespan,
        middleware=[
            Middleware(RequestContext, metrics=metrics),
            Middleware(
                CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=EXPOSED
            ),
        ],
        exception_handlers={InferenceError: _inference_error, HTTPException: _http_error},
    )


def _source(settings: Settings) -> ModelSource | None:
    if settings.model_id is None:
        return None
    token = None if settings.hf_token is None else settings.hf_token.get_secret_value()
    return open_source(settings.model_id, revision=settings.revision, token=token)


async def _inference_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, InferenceError)  # registered for this class only
    return JSONResponse(error.body(), status_code=error.status, headers=dict(error.headers()))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    reasons = {
        404: f"There is no route {request.method} {request.url.path[:200]}; POST to / or see GET /info",
        405: f"{request.method} is not answered at {request.url.path[:200]}",
    }
    return JSONResponse(
        {"error": reasons.get(error.status_code, error.detail)}, status_code=error.status_code, headers=error.headers
    )
