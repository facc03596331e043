"""The routes of a library server: what needs a model goes to the model's process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ..codecs import json
from ..errors import InvalidRequest
from ..on_demand import OnDemand
from ..openapi import document
from ..routes import docs, openai, status
from ..routes.endpoint import Endpoint, below_a_model, hosted
from ..routes.inference import holds, waits
from ..service import Service
from ..task import Limits
from ..tasks import TASKS
from ..tasks.chat import CHAT_COMPLETION, IMAGE_TEXT_TO_TEXT
from ..tasks.generation import TEXT_GENERATION
from ..tasks.text import FEATURE_EXTRACTION, TEXT_RANKING
from . import metrics
from .forward import Forwarder

Front = Service[OnDemand]
Chosen = tuple[str | None, str | None]
"""A model's name and a task, None where the request names none."""


class Forwarded(Response):
    """The answer of a model's process; the model is kept until its end."""

    def __init__(self, request: Request, body: bytes, chosen: Chosen) -> None:
        self._request, self._body, self._chosen = request, body, chosen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, front = self._request, _front(self._request)
        forwarder: Forwarder = request.app.state.forwarder
        model = front.models.ready(*self._chosen, request.headers)
        if model is None:
            model = await front.models.find(*self._chosen, request.headers)
        model.leases += 1
        try:
            if model.state != "ready":
                await model.wait_ready(hold=await waits(front, request, self._body))
            await forwarder.forward(request, send, self._body, model.process)
        finally:
            model.release()


async def by_path(request: Request) -> Response:
    """To the model of the path."""
    front = _front(request)
    chosen = request.path_params.get("model"), request.path_params.get("task")
    if front.models.ready(*chosen, request.headers) is None:  # before the body: none is read in vain
        model = await front.models.find(*chosen, request.headers)
        if model.state == "failed" or not holds(request.headers):
            await model.wait_ready(hold=False)
    return Forwarded(request, await front.read_body(request), chosen)


def by_body(task_of: Callable[[dict[str, Any]], str]) -> Endpoint:
    """To the model of the path, else the one that the JSON body names in `model`; for the task that `task_of` the body
    is."""

    async def named(request: Request) -> Response:
        front = _front(request)
        body = await front.read_body(request)
        name, task = await front.in_thread(request, lambda: _chosen(body, front.limits, task_of))
        return Forwarded(request, body, (request.path_params.get("model", name), task))

    return Endpoint(named)


def _chosen(body: bytes, limits: Limits, task_of: Callable[[dict[str, Any]], str]) -> Chosen:
    value = json.parse(body, limits)
    if not isinstance(value, dict):
        raise InvalidRequest('The body is no JSON object; send JSON such as {"model": ...}')
    name = value.get("model")
    return name if isinstance(name, str) and name else None, task_of(value)


def _task_of_chat(value: dict[str, Any]) -> str:
    """That of images, where the messages hold any."""
    messages = value.get("messages")
    contents = [m.get("content") for m in messages if isinstance(m, dict)] if isinstance(messages, list) else []
    parts = (part for content in contents if isinstance(content, list) for part in content)
    is_pictured = any(isinstance(part, dict) and part.get("type") == "image_url" for part in parts)
    return (IMAGE_TEXT_TO_TEXT if is_pictured else CHAT_COMPLETION).name


async def health(request: Request) -> Response:
    """Alive: the event loop turns. A model that hangs ends with its process."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """200: it takes requests for any model."""
    return JSONResponse({"status": "ready"})


async def info(request: Request) -> Response:
    """The models that the caller may know of, their revisions and tasks, and the limits of this server."""
    front = _front(request)
    models = await asyncio.gather(*(model.about() for model in front.models.visible(request.headers)))
    tasks = list(front.models.library.tasks)
    return JSONResponse({"tasks": tasks, "models": models, **status.limits(front)})


async def models(request: Request) -> Response:
    """List the models that are loaded, or on their way, as far as the caller may know of them."""
    return openai.listed(model.name for model in _front(request).models.visible(request.headers))


async def openapi(request: Request) -> Response:
    """The OpenAPI document of all the library's tasks."""
    front = _front(request)
    tasks = [TASKS[name] for name in front.models.library.tasks]
    version = docs.library_version() or "0"
    body = await front.in_thread(request, lambda: orjson.dumps(document(None, tasks, None, version, docs.FOREIGN)))
    return Response(body, headers={"content-type": "application/json"})


async def prometheus(request: Request) -> Response:
    """Prometheus text, of this process and those of the models."""
    joined: metrics.Joined = request.app.state.joined
    return Response(await joined.render(), headers={"content-type": metrics.CONTENT_TYPE})


def _front(request: Request) -> Front:
    front: Front = request.app.state.service
    return front


_BY_PATH = Endpoint(by_path)
_COMPATIBLE = (
    Route("/v1/embeddings", by_body(lambda _: FEATURE_EXTRACTION.name), methods=["POST"]),
    Route("/v1/completions", by_body(lambda _: TEXT_GENERATION.name), methods=["POST"]),
    Route("/v1/chat/completions", by_body(_task_of_chat), methods=["POST"]),
    Route("/rerank", by_body(lambda _: TEXT_RANKING.name), methods=["POST"]),
)
_OF_MODELS = (
    *below_a_model(_COMPATIBLE),
    Route("/models/{model:path}/pipeline/{task}", _BY_PATH, methods=["POST"]),
    Route("/models/{model:path}", _BY_PATH, methods=["POST"]),
    Route("/pipeline/{task}/{model:path}", _BY_PATH, methods=["POST"]),
)
ROUTES = (
    Route("/", _BY_PATH, methods=["POST"]),
    *_OF_MODELS,
    Route("/", status.root, methods=["GET"]),
    Route("/health", health, methods=["GET"]),
    Route("/ready", ready, methods=["GET"]),
    Route("/info", info, methods=["GET"]),
    Route("/metrics", prometheus, methods=["GET"]),
    Route("/openapi.json", openapi, methods=["GET"]),
    Route("/docs", docs.page, methods=["GET"]),
    Route("/docs/{part}", docs.page, methods=["GET"]),
    Route("/v1/models", models, methods=["GET"]),
    *_COMPATIBLE,
    *hosted(_OF_MODELS),
)
