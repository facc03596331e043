"""`/rerank`, as rerank servers answer it: the texts of a query, best first."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..codecs import json
from ..service import Service, Work
from ..task import Payload
from ..tasks.text import TEXT_RANKING
from .inference import respond, wait_ready


class RerankRequest(BaseModel):
    """The body of `/rerank`; with `return_text` each answer repeats its text."""

    model_config = ConfigDict(extra="forbid", strict=True)
    query: str
    texts: list[str]
    return_text: bool = False


_REQUEST = TypeAdapter(RerankRequest)


async def rerank(request: Request) -> Response:
    """Rank `texts` for `query`: `[{"index", "score", "text"?}]`."""
    service: Service = request.app.state.service
    body = await service.read_body(request)
    await wait_ready(service, request, body)
    asked, work = await service.in_thread(lambda: _decode(service, body))
    answer = await service.run(request, work)
    ranked = [{**r, "text": asked.texts[r["index"]]} if asked.return_text else r for r in answer.outputs[0]]
    return respond(answer, await service.in_thread(lambda: json.dumped(ranked)))


def _decode(service: Service, body: bytes) -> tuple[RerankRequest, Work]:
    pipeline = service.model.pipeline(TEXT_RANKING.name)
    asked = json.validate(_REQUEST, json.parse(body), "body")
    inputs = json.parse(body)
    inputs.pop("return_text", None)
    decoded = TEXT_RANKING.input.decode(Payload(json.dumped(inputs).body), service.limits)
    return asked, service.prepare(TEXT_RANKING, pipeline, decoded.items, {}, many=False)


ROUTES = (Route("/rerank", rerank, methods=["POST"]),)
