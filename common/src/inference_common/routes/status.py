"""What a server says about itself: `/`, `/health`, `/ready`, `/info`, `/metrics`."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..model import Model
from ..service import Service
from .docs import library_version, page


async def root(request: Request) -> Response:
    """Tell a program that this is an inference server; a browser gets the page."""
    if "text/html" in request.headers.get("accept", ""):
        return await page(request)
    return JSONResponse({"ok": "ok"})


async def health(request: Request) -> Response:
    """Alive: the event loop turns."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """200 once the model answers; until then, and after a failed load, 503 with the reason."""
    service: Service = request.app.state.service
    model = service.models.pinned
    if model.state == "ready":
        return JSONResponse({"status": "ready"})
    return JSONResponse({"error": model.reason, "status": model.state}, status_code=503)


async def info(request: Request) -> Response:
    """The model, its revision and tasks, and the limits of this server."""
    service: Service = request.app.state.service
    model = about(service.models.pinned)
    return JSONResponse({"tasks": list(service.models.library.tasks), **model, "models": [model], **limits(service)})


def limits(service: Service[Any]) -> dict[str, object]:
    """What `/info` tells of a server besides its models."""
    found = service.settings.model_dump(include={"max_body_bytes", "max_inputs", "max_characters", "max_queue"})
    found["request_memory_bytes"] = service.account.budget
    return {"limits": found, "version": library_version()}


def about(model: Model) -> dict[str, object]:
    """What `/info` tells of a model."""
    tasks = list(model.pipelines)
    return {
        "model": model.source.name,
        "revision": model.source.revision,
        "state": model.state,
        "task": model.task if tasks else None,
        "tasks": tasks,
        "form": model.optimization.form,
        "optimization": {"state": model.optimization.state, "reason": model.optimization.reason},
        **_placement(model),
    }


def _placement(model: Model) -> dict[str, object]:
    """Where a loaded model runs, the type of its weights, the memory it takes, and the size of its batches."""
    if not model.pipelines:
        return {}
    first = model.pipelines[model.task]
    placed = {"device": first.device, "dtype": first.dtype, "max_batch_size": model.batcher.max_batch_size(first)}
    return {**placed, "memory_bytes": {"host": model.memory.host, "gpu": model.memory.gpu}}


async def metrics(request: Request) -> Response:
    """Prometheus text."""
    service: Service = request.app.state.service
    body, media_type = service.metrics.render()
    return Response(body, headers={"content-type": media_type})


ROUTES = (
    Route("/", root, methods=["GET"]),
    Route("/health", health, methods=["GET"]),
    Route("/ready", ready, methods=["GET"]),
    Route("/info", info, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
)
