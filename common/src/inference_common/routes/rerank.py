"""`/rerank`, as rerank servers answer it: the texts of a query, best first."""

from __future__ import annotations

from typing import NotRequired

from pydantic import BaseModel, ConfigDict, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..codecs import json
from ..model import Model
from ..openapi import ForeignRoute
from ..service import Service, Work
from ..task import Payload
from ..tasks.text import TEXT_RANKING
from .endpoint import Endpoint
from .inference import lease, respond


class RerankRequest(BaseModel):
    """The body of `/rerank`; with `return_text` each answer repeats its text. `model` is for servers of many."""

    model_config = ConfigDict(extra="forbid", strict=True)
    query: str
    texts: list[str]
    return_text: bool = False
    model: str | None = None


class Reranked(TypedDict):
    """A text's place in the request, and how well it answers the query."""

    index: int
    score: float
    text: NotRequired[str]


_REQUEST = TypeAdapter(RerankRequest)


async def rerank(request: Request) -> Response:
    """Rank `texts` for `query`: `[{"index", "score", "text"?}]`."""
    service: Service = request.app.state.service
    body = await service.read_body(request)
    asked = await service.in_thread(request, lambda: json.validate_body(_REQUEST, body, service.limits))
    async with lease(request, body) as model:
        work = await service.in_thread(request, lambda: _work(service, model, asked))
        answer = await service.run(request, work)
    ranked = [{**r, "text": asked.texts[r["index"]]} if asked.return_text else r for r in answer.outputs[0]]
    return respond(answer, await service.in_thread(request, lambda: json.dumped(ranked)))


def _work(service: Service, model: Model, asked: RerankRequest) -> Work:
    inputs = {"query": asked.query, "texts": asked.texts}
    decoded = TEXT_RANKING.input.decode(Payload(json.dumped(inputs).body), service.limits)
    return service.prepare(model, TEXT_RANKING, decoded.items, {}, many=False)


FOREIGN = (
    ForeignRoute(
        "/rerank",
        TEXT_RANKING,
        "as rerank servers answer",
        RerankRequest,
        list[Reranked],
        ({"query": "a happy person", "texts": ["a glad man", "a lorry"], "return_text": True},),
    ),
)
ROUTES = (Route("/rerank", Endpoint(rerank), methods=["POST"]),)
