"""POST `/`, `/models/{id}`, `/models/{id}/pipeline/{task}` and `/pipeline/{task}/{id}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..client import Client
from ..errors import NotFound
from ..service import Answer, Service, Work
from ..task import Encoded, Payload
from ..tasks import TASKS


async def infer(request: Request) -> Response:
    """Answer with the model: the task of the path, else the pinned one."""
    service: Service = request.app.state.service
    _same_model(service, request.path_params.get("model"))
    body = await service.read_body(request)
    payload = Payload(body, request.headers.get("content-type"), dict(request.query_params))
    await wait_ready(service, request, payload.body)
    work = await service.in_thread(lambda: _decode(service, request.path_params.get("task"), payload))
    answer = await service.run(request, work)
    client = Client.of(request.headers)
    return respond(
        answer, await service.in_thread(lambda: work.task.output.encode(answer.outputs, client, many=work.many))
    )


def respond(answer: Answer, encoded: Encoded) -> Response:
    """The response of an encoded answer."""
    # Not Starlette's media_type, which adds a charset to some.
    headers = {**answer.headers, **encoded.headers, "content-type": encoded.media_type}
    return Response(encoded.body, headers=headers)


async def wait_ready(service: Service, request: Request, body: bytes) -> None:
    """Hold the request while the model loads, unless its headers or options say not to."""
    if service.model.state != "ready":
        hold = (
            _holds(request.headers)
            and await service.in_thread(lambda: _options(body).get("wait_for_model")) is not False
        )
        await service.model.wait_ready(hold=hold)


def _decode(service: Service, task: str | None, payload: Payload) -> Work:
    pipeline = service.model.pipeline(task)
    known = TASKS[task or service.model.task]
    decoded = known.input.decode(payload, service.limits)
    raw = {**{name: _value(text) for name, text in payload.query.items()}, **decoded.params}
    return service.prepare(known, pipeline, decoded.items, raw, many=decoded.many)


def _value(text: str) -> Any:
    """A query value: JSON where it reads as JSON (`true`, `4`), a string otherwise."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _same_model(service: Service, asked: str | None) -> None:
    source = service.model.source
    names = {source.name, f"{source.name}@{source.revision}"}
    if asked is not None and asked not in names:
        raise NotFound(f"This server has the model {source.name} only, not {asked[:200]!r}")


def _holds(headers: Mapping[str, str]) -> bool:
    return headers.get("x-wait-for-model", "").lower() != "false" and headers.get("x-load-model") != "0"


def _options(body: bytes) -> Mapping[str, Any]:
    """The `options` of a JSON body, before its task is known; a body that is no such JSON has none."""
    if not body.lstrip().startswith(b"{"):
        return {}
    try:
        options = orjson.loads(body).get("options")
    except orjson.JSONDecodeError:
        return {}
    return options if isinstance(options, dict) else {}


ROUTES = (
    Route("/", infer, methods=["POST"]),
    Route("/models/{model:path}/pipeline/{task}", infer, methods=["POST"]),
    Route("/models/{model:path}", infer, methods=["POST"]),
    Route("/pipeline/{task}/{model:path}", infer, methods=["POST"]),
)
