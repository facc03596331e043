"""What a server says about itself: `/`, `/health`, `/ready`, `/info`, `/metrics`."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..errors import ServerBusy
from ..model import Model
from ..service import Service
from ..settings import Settings
from .docs import library_version, page

HUNG_TIMEOUTS = 2  # times TIMEOUT after which a call that has not ended hangs: all its callers have long been told
DEAD_TIMEOUTS = 3  # the same, after which nothing but a restart is likely to help


async def root(request: Request) -> Response:
    """Tell a program that this is an inference server; a browser gets the page."""
    if "text/html" in request.headers.get("accept", ""):
        return await page(request)
    return JSONResponse({"ok": "ok"})


async def health(request: Request) -> Response:
    """Alive: the event loop turns, and the model that this server is for does not hang so that only a restart helps."""
    service: Service = request.app.state.service
    model = service.models.pinned
    reason = hanging(service.settings, model, DEAD_TIMEOUTS)
    if reason is not None:
        return _unready(reason, "hanging")
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """200 once the model answers; until then, after a failed load, and while the model hangs, 503 with the reason."""
    service: Service = request.app.state.service
    model = service.models.pinned
    reason = hanging(service.settings, model, HUNG_TIMEOUTS)
    if reason is not None:
        return _unready(reason, "hanging")
    if model.state == "ready":
        return JSONResponse({"status": "ready"})
    return _unready(model.reason, model.state)


def _unready(reason: str, state: str) -> Response:
    return JSONResponse({"error": reason, "error_type": ServerBusy.error_type, "status": state}, status_code=503)


def hanging(settings: Settings, model: Model, timeouts: float) -> str | None:
    """What to tell of a model that takes work and gives none, else None: its call has come neither to its end nor to
    its next step for so many times TIMEOUT, though nobody waits for an answer that long."""
    seconds = model.batcher.busy_seconds if model.state == "ready" else 0.0
    if seconds <= timeouts * settings.timeout:
        return None
    return f"{model.source.name} has been at one call for {seconds:.0f} s, and it cannot be ended; restart the server"


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
