"""Routes that only the library server can reach: they are on the Unix socket of a model's process."""

from __future__ import annotations

import sys

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .. import logs
from ..errors import InferenceError
from ..model import Model
from ..routes.status import about
from ..service import Service

LOADED, ABOUT, CHANGE_OVER = "/internal/loaded", "/internal/about", "/internal/change-over"


async def loaded(request: Request) -> Response:
    """What `/info` tells of the model, once it answers, and the modules that it needed and were not there; the error of
    a load that failed."""
    model = _model(request)
    try:
        await model.settled()
    except InferenceError:  # which ends the process, once it is told: its log lines must be out
        await anyio.to_thread.run_sync(logs.WRITER.flush, logs.FLUSH_SECONDS)
        raise
    return JSONResponse({"about": about(model), "modules": sorted(set(sys.modules) - request.app.state.modules)})


async def about_now(request: Request) -> Response:
    """What `/info` tells of the model."""
    return JSONResponse(about(_model(request)))


async def change_over(request: Request) -> Response:
    """Change over to the ONNX form, if that is pending; what `/info` tells once that is done, or cannot be."""
    model = _model(request)
    await model.optimize()
    return JSONResponse(about(model))


def _model(request: Request) -> Model:
    service: Service = request.app.state.service
    return service.models.pinned


ROUTES = (
    Route(LOADED, loaded, methods=["GET"]),
    Route(ABOUT, about_now, methods=["GET"]),
    Route(CHANGE_OVER, change_over, methods=["POST"]),
)
