"""create_app: a library's pipelines and settings in, an ASGI app out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .batcher import Batcher
from .discover import discover
from .errors import InferenceError, InvalidRequest
from .metrics import Metrics
from .middleware import RequestContext
from .model import Model
from .routes import inference, openai, rerank, status
from .service import Service
from .settings import Settings
from .source import ModelSource, open_source
from .worker import ModelThread

EXPOSED = (
    "x-request-id", "x-compute-type", "x-compute-time", "x-queue-time", "x-inference-time", "x-total-time",
    "x-compute-characters", "x-compute-tokens", "x-compute-images", "x-compute-audio-length", "x-warning",
    "retry-after",
)  # fmt: skip
ROUTES = (*status.ROUTES, *openai.ROUTES, *rerank.ROUTES, *inference.ROUTES)


def create_app(pipelines: str, settings: Settings | None = None, source: ModelSource | None = None) -> Starlette:
    """The app that serves one model with the pipelines of the package named `pipelines`.

    `settings` default to the environment's, `source` to the one that `settings.model_id` names.
    Raises InvalidRequest when no model is named, or its id is malformed.
    """
    settings = settings or Settings()
    library = discover(pipelines)
    chosen = source or _source(settings)
    metrics = Metrics()

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        thread = ModelThread()
        model = Model(chosen, library, thread, settings, metrics)
        batcher = Batcher(thread, metrics, max_queue=settings.max_queue, max_batch_size=settings.max_batch_size)
        app.state.service = Service(settings, metrics, model, batcher)
        loading = asyncio.create_task(model.load())
        try:
            yield
        finally:
            loading.cancel()
            for pipeline in model.pipelines.values():
                pipeline.close()
            thread.stop()

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


def _source(settings: Settings) -> ModelSource:
    if settings.model_id is None:
        raise InvalidRequest("MODEL_ID is not set; name a Hub id (org/name) or the folder of a model")
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
