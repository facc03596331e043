"""`/openapi.json`, and `/docs`: a page that reads it, so that a person can try the model in a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .. import pages
from ..errors import NotFound
from ..openapi import document
from ..service import Service
from ..tasks import TASKS
from ..widget import examples
from . import completions, openai, rerank

MEDIA_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
# Nothing from elsewhere; what the model answers is shown from memory.
POLICY = "default-src 'self'; img-src 'self' blob:; media-src blob:; frame-ancestors 'none'"
FOREIGN = (*openai.FOREIGN, *completions.FOREIGN, *rerank.FOREIGN)


async def openapi(request: Request) -> Response:
    """The OpenAPI document; of all the library's tasks, until the model tells its own. It takes long to make, so it is
    made once for both."""
    service: Service = request.app.state.service
    state = request.app.state
    if not hasattr(state, "documents"):
        state.documents = {}
    documents: dict[Hashable, asyncio.Task[bytes]] = state.documents
    model = service.models.pinned
    key = None if model is None else tuple(model.pipelines)
    if key not in documents:
        documents[key] = asyncio.create_task(service.in_thread(None, lambda: orjson.dumps(_document(service))))
    try:
        body = await asyncio.shield(documents[key])
    except Exception:
        documents.pop(key, None)  # for whoever asks next to try anew
        raise
    return Response(body, headers={"content-type": "application/json"})


async def page(request: Request) -> Response:
    """The page, or one of its parts."""
    service: Service[Any] = request.app.state.service
    name = request.path_params.get("part", "docs.html")
    kind = name.rpartition(".")[2]
    file = files(pages).joinpath(name)
    if kind not in MEDIA_TYPES or "/" in name or not file.is_file():
        raise NotFound(f"There is no page {name[:100]!r}; see /docs")
    body = await service.in_thread(None, file.read_bytes)
    headers = {"content-type": f"{MEDIA_TYPES[kind]}; charset=utf-8", "content-security-policy": POLICY}
    return Response(body, headers=headers)


def _document(service: Service) -> dict[str, Any]:
    model = service.models.pinned
    answered = list(model.pipelines)
    pinned = TASKS[answered[0]] if answered else None
    tasks = [TASKS[name] for name in answered or service.models.library.tasks]
    own = [] if pinned is None else list(examples(model.source.card().widget, pinned, service.limits))
    return document(model.name, tasks, pinned, library_version() or "0", FOREIGN, own)


def library_version() -> str | None:
    """The version of this package; None when it runs from a source tree."""
    try:
        return version("inference-common")
    except PackageNotFoundError:
        return None


ROUTES = (
    Route("/openapi.json", openapi, methods=["GET"]),
    Route("/docs", page, methods=["GET"]),
    Route("/docs/{part}", page, methods=["GET"]),
)
