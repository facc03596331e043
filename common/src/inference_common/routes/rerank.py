"""`/rerank`, as rerank servers answer it: the texts of a query, or its documents, best first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NotRequired, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..codecs import json
from ..model import Model
from ..openapi import ForeignRoute
from ..service import Answer, Service, Work
from ..task import Payload
from ..tasks.text import TEXT_RANKING, RankedText
from .endpoint import Endpoint
from .inference import lease, respond


class RerankRequest(BaseModel):
    """The body of `/rerank`: `texts`, as text-embeddings-inference takes them, or `documents`, as Cohere, Jina and
    infinity do; the answer has the shape of the one or of the other. `model` is for servers of many."""

    model_config = ConfigDict(extra="forbid", strict=True)
    query: str
    texts: list[str] | None = None
    return_text: bool | None = Field(default=None, description="each answer repeats its text")
    truncate: bool | None = Field(default=None, description="false refuses pairs longer than the model reads")
    truncation_direction: Literal["right", "Right"] | None = Field(default=None, description="the side that is cut")
    raw_scores: bool | None = Field(default=None, description="scores before the model's activation function")
    documents: list[str] | None = None
    return_documents: bool | None = Field(default=None, description="each result repeats its document")
    top_n: int | None = Field(default=None, gt=0, description="answer only so many documents, best first")
    model: str | None = None

    @model_validator(mode="after")
    def _has_one_kind(self) -> Self:
        if (self.texts is None) == (self.documents is None):
            raise ValueError("send either texts or documents, a list of strings")
        other = ("return_documents", "top_n") if self.documents is None else ("return_text",)
        if wrong := [name for name in other if getattr(self, name) is not None]:
            raise ValueError(f"{' and '.join(wrong)}: not of a request with {self.kind}")
        return self

    @property
    def kind(self) -> str:
        return "texts" if self.documents is None else "documents"

    @property
    def passages(self) -> Sequence[str]:
        """What is ranked, by whichever name it was sent."""
        return self.texts or self.documents or ()

    @property
    def params(self) -> dict[str, Any]:
        """Parameters of text-ranking."""
        return {"truncate": self.truncate, "raw_scores": self.raw_scores}


class Reranked(TypedDict):
    """A text's place in the request, and how well it answers the query."""

    index: int
    score: float
    text: NotRequired[str]


class RerankedDocument(TypedDict):
    """A document's place in the request, and how well it answers the query."""

    index: int
    relevance_score: float
    document: NotRequired[str]


class RerankUsage(TypedDict):
    """Tokens read."""

    prompt_tokens: int
    total_tokens: int


class RerankedDocuments(TypedDict):
    """The answer to `documents`, best first."""

    object: Literal["rerank"]
    model: str
    results: list[RerankedDocument]
    usage: RerankUsage


_REQUEST = TypeAdapter(RerankRequest)


async def rerank(request: Request) -> Response:
    """Rank the texts or documents of a query: `[{"index", "score", "text"?}]`, or an object that has `results`."""
    service: Service = request.app.state.service
    body = await service.read_body(request)
    asked = await service.in_thread(request, lambda: json.validate_body(_REQUEST, body, service.limits))
    async with lease(request, body) as model:
        work = await service.in_thread(request, lambda: _work(service, model, asked))
        answer = await service.run(request, work)
        name = model.source.name
    encoded = await service.in_thread(request, lambda: json.dumped(_answer(asked, answer, name)))
    return respond(answer, encoded)


def _work(service: Service, model: Model, asked: RerankRequest) -> Work:
    inputs = {"query": asked.query, "texts": asked.passages}
    decoded = TEXT_RANKING.input.decode(Payload(json.dumped(inputs).body), service.limits)
    return service.prepare(model, TEXT_RANKING, decoded.items, asked.params, many=False)


def _answer(asked: RerankRequest, answer: Answer, model: str) -> list[Reranked] | RerankedDocuments:
    ranked: Sequence[RankedText] = answer.outputs[0]
    if asked.documents is None:
        return [_text(found, asked) for found in ranked]
    results = [_document(found, asked) for found in ranked[: asked.top_n]]
    usage: RerankUsage = {"prompt_tokens": answer.cost, "total_tokens": answer.cost}
    return {"object": "rerank", "model": model, "results": results, "usage": usage}


def _text(found: RankedText, asked: RerankRequest) -> Reranked:
    told: Reranked = {"index": found["index"], "score": found["score"]}
    return {**told, "text": asked.passages[found["index"]]} if asked.return_text else told


def _document(found: RankedText, asked: RerankRequest) -> RerankedDocument:
    told: RerankedDocument = {"index": found["index"], "relevance_score": found["score"]}
    return {**told, "document": asked.passages[found["index"]]} if asked.return_documents else told


FOREIGN = (
    ForeignRoute(
        "/rerank",
        TEXT_RANKING,
        "as rerank servers answer",
        RerankRequest,
        list[Reranked] | RerankedDocuments,
        (
            {"query": "a happy person", "texts": ["a glad man", "a lorry"], "return_text": True},
            {"query": "a happy person", "documents": ["a glad man", "a lorry"], "top_n": 1, "return_documents": True},
        ),
    ),
)
ROUTES = (Route("/rerank", Endpoint(rerank), methods=["POST"]),)
