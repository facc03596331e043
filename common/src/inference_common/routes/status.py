"""What a server says about itself: `/`, `/health`, `/ready`, `/info`, `/metrics`."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..service import Service


async def root(request: Request) -> Response:
    """Tell a program that this is an inference server."""
    return JSONResponse({"ok": "ok"})


async def health(request: Request) -> Response:
    """Alive: the event loop turns."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """200 once the model answers; until then, and after a failed load, 503 with the reason."""
    service: Service = request.app.state.service
    if service.model.state == "ready":
        return JSONResponse({"status": "ready"})
    return JSONResponse({"error": service.model.reason, "status": service.model.state}, status_code=503)


async def info(request: Request) -> Response:
    """The model, its revision and tasks, and the limits of this server."""
    service: Service = request.app.state.service
    model = service.model
    limits = service.settings.model_dump(include={"max_body_bytes", "max_inputs", "max_characters", "max_queue"})
    tasks = list(model.pipelines)
    return JSONResponse(
        {
            "model": model.source.name,
            "revision": model.source.revision,
            "state": model.state,
            "task": tasks[0] if tasks else service.settings.task,
            "tasks": tasks,
            "limits": limits,
            "version": _version(),
        }
    )


async def metrics(request: Request) -> Response:
    """Prometheus text."""
    service: Service = request.app.state.service
    body, media_type = service.metrics.render()
    return Response(body, headers={"content-type": media_type})


def _version() -> str | None:
    try:
        return version("inference-common")
    except PackageNotFoundError:  # run from a source tree
        return None


ROUTES = (
    Route("/", root, methods=["GET"]),
    Route("/health", health, methods=["GET"]),
    Route("/ready", ready, methods=["GET"]),
    Route("/info", info, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
)
