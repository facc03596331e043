"""POST `/`, `/models/{id}`, `/models/{id}/pipeline/{task}` and `/pipeline/{task}/{id}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from .. import account
from ..client import Client
from ..codecs import json
from ..errors import InvalidRequest
from ..lease import Lease
from ..light import is_light_to_read, is_light_to_write
from ..model import Model
from ..service import Answer, AnyTask, Service, Work
from ..task import Encoded, Limits, Payload
from ..tasks import TASKS
from ..turns import caller_of
from ..warning_headers import warning_header
from . import sse
from .endpoint import Endpoint

PIECE_BYTES = 256 * 1024  # of an answer's body that are sent at once


async def infer(request: Request) -> Response:
    """Answer with the model: the task of the path, else the pinned one."""
    service: Service = request.app.state.service
    task = request.path_params.get("task")
    model = service.models.find(request.path_params.get("model"))
    if task is not None and model.state == "ready":
        model.pipeline(task)  # before the body: none is read for what cannot be answered
    body = await service.read_body(request)
    query = _query(request.query_params) if request.scope["query_string"] else {}
    payload = Payload(body, request.headers.get("content-type"), query)
    client = Client.of(request.headers)
    async with lease(request, body) as model:
        pipeline = model.pipeline(task or model.task)
        known = TASKS[task or model.task]  # not before: the caller's task may be any word
        light = is_light_to_read(body, known.input, pipeline)
        work = await service.in_thread(request, lambda: _decode(service, model, known, payload), light=light)
        if work.streamed:
            return await sse.respond(service, request, work)
        answer = await service.run(request, work)
        return respond(answer, await encode(request, work, answer, client))


async def encode(request: Request, work: Work, answer: Answer, client: Client) -> Encoded:
    """The outputs as their task writes them for this client."""
    service: Service = request.app.state.service
    codec, outputs = work.task.output, answer.outputs
    light = codec.extra is None and is_light_to_write(outputs)
    return await service.in_thread(request, lambda: codec.encode(outputs, client, many=work.many), light=light)


def respond(answer: Answer, encoded: Encoded) -> Response:
    """The response of an encoded answer, whose memory is held until it is written. Raises Overloaded (429)."""
    # Not Starlette's media_type, which adds a charset to some.
    headers = {**answer.headers, **encoded.headers, "content-type": encoded.media_type}
    if "x-warning" in answer.headers and "x-warning" in encoded.headers:
        headers |= warning_header([answer.headers["x-warning"], encoded.headers["x-warning"]])
    if len(encoded.body) > PIECE_BYTES:  # from here on it is all that the request needs
        account.hold_only(len(encoded.body))
    return _Answer(encoded.body, headers=headers)


class _Answer(Response):
    """Its headers' names are written as they are sent, and tell all but its length. A large body is sent in pieces, as
    its caller reads them: whole, all that is not read would be copied for the connection, and no longer counted."""

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        told = {} if headers is None else headers
        self.raw_headers = [(name.encode(), value.encode("latin-1")) for name, value in told.items()]
        self.raw_headers.append((b"content-length", b"%d" % len(self.body)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if len(self.body) <= PIECE_BYTES:
            return await super().__call__(scope, receive, send)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for end in range(PIECE_BYTES, len(self.body) + PIECE_BYTES, PIECE_BYTES):
            piece, more = self.body[end - PIECE_BYTES : end], end < len(self.body)
            await send({"type": "http.response.body", "body": piece, "more_body": more})


def lease(request: Request, body: bytes) -> Lease:
    """The model of the path; the request is held while it loads, unless its headers or options say not to. Raises
    NotFound."""
    service: Service = request.app.state.service
    model = service.models.find(request.path_params.get("model"))
    return Lease(model, lambda: waits(service, request, body), caller_of(request))


async def waits(service: Service[Any], request: Request, body: bytes) -> bool:
    """Whether a caller waits while its model loads."""
    if not holds(request.headers):
        return False
    return await service.in_thread(request, lambda: _options(body, service.limits).get("wait_for_model")) is not False


def holds(headers: Mapping[str, str]) -> bool:
    """Whether a caller waits while its model loads, as far as its headers say."""
    return headers.get("x-wait-for-model", "").lower() != "false" and headers.get("x-load-model") != "0"


def _decode(service: Service, model: Model, task: AnyTask, payload: Payload) -> Work:
    decoded = task.input.decode(payload, model.pipeline(task.name).perceived(service.limits))
    raw = {**{name: json.of_query(text) for name, text in payload.query.items()}, **decoded.params}
    return service.prepare(model, task, decoded.items, raw, many=decoded.many)


def _query(asked: QueryParams) -> Mapping[str, str]:
    """The query by name; a name that stands there several times is a comma-separated list."""
    return {name: ",".join(asked.getlist(name)) for name in asked}


def _options(body: bytes, limits: Limits) -> Mapping[str, Any]:
    """The `options` of a JSON body, before its task is known; a body that is no such JSON has none."""
    if not body.lstrip().startswith(b"{"):
        return {}
    try:
        options = json.parse(body, limits).get("options")
    except InvalidRequest:
        return {}
    return options if isinstance(options, dict) else {}


_INFER = Endpoint(infer)
ROUTES = (
    Route("/", _INFER, methods=["POST"]),
    Route("/models/{model:path}/pipeline/{task}", _INFER, methods=["POST"]),
    Route("/models/{model:path}", _INFER, methods=["POST"]),
    Route("/pipeline/{task}/{model:path}", _INFER, methods=["POST"]),
)
