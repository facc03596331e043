"""`/v1/embeddings` and `/v1/models`, as OpenAI's clients speak them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..codecs import json
from ..errors import InferenceFailed, InvalidRequest, TooLarge
from ..model import Model
from ..openapi import ForeignRoute
from ..service import Answer, Service, Work
from ..task import Encoded
from ..tasks.text import FEATURE_EXTRACTION
from .endpoint import Endpoint
from .inference import lease, respond


class EmbeddingsRequest(BaseModel):
    """The body of `/v1/embeddings`; `model` may be any name where the server is for one model."""

    model_config = ConfigDict(extra="forbid", strict=True)
    input: str | list[str] = Field(description="a text, or a list of texts (lists of tokens are not taken)")
    model: str | None = None
    encoding_format: Literal["float", "base64"] | None = Field(default=None, description="float where not set")
    dimensions: int | None = Field(default=None, gt=0)
    user: str | None = None
    modality: Literal["text"] | None = Field(default=None, description="of the input; this route embeds texts")


class Embedding(TypedDict):
    """One text's vector: numbers, or the base64 of their little-endian float32."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingsUsage(TypedDict):
    """Tokens read."""

    prompt_tokens: int
    total_tokens: int


class Embeddings(TypedDict):
    """The answer of `/v1/embeddings`, in the order of the texts."""

    object: Literal["list"]
    data: list[Embedding]
    model: str
    usage: EmbeddingsUsage


_REQUEST = TypeAdapter(EmbeddingsRequest)


async def embeddings(request: Request) -> Response:
    """Embed each text of `input`."""
    service: Service = request.app.state.service
    body = await service.read_body(request)
    asked = await service.in_thread(request, lambda: json.validate_body(_REQUEST, body, service.limits))
    async with lease(request, body) as model:
        work = await service.in_thread(request, lambda: _work(service, model, asked))
        answer = await service.run(request, work)
        encoded = await service.in_thread(request, lambda: _encode(model.source.name, asked, answer))
        return respond(answer, encoded)


async def models(request: Request) -> Response:
    """List the model, loaded or on its way."""
    service: Service = request.app.state.service
    return listed([service.models.pinned.name])


def listed(names: Iterable[str]) -> Response:
    """The answer of `/v1/models`; a name that comes twice is listed once."""
    entries = [{"id": name, "object": "model", "created": 0, "owned_by": "self"} for name in dict.fromkeys(names)]
    return JSONResponse({"object": "list", "data": entries})


def _work(service: Service, model: Model, asked: EmbeddingsRequest) -> Work:
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    if not texts:
        raise InvalidRequest("input is an empty list; send at least one text")
    if len(texts) > service.limits.inputs or sum(map(len, texts)) > service.limits.characters:
        raise TooLarge(
            f"At most {service.limits.inputs:,} texts of {service.limits.characters:,} characters in all are taken"
        )
    raw = {} if asked.dimensions is None else {"dimensions": asked.dimensions}
    return service.prepare(model, FEATURE_EXTRACTION, texts, raw, many=True)


def _encode(model: str, asked: EmbeddingsRequest, answer: Answer) -> Encoded:
    vectors: Sequence[Any] = [np.asarray(output, dtype=np.float32) for output in answer.outputs]
    if any(vector.ndim != 1 for vector in vectors):
        raise InferenceFailed("This model gives one embedding per token, not one per text; ask feature-extraction")
    if asked.encoding_format == "base64":
        vectors = [base64.b64encode(vector.tobytes()).decode() for vector in vectors]
    data = [{"object": "embedding", "index": n, "embedding": vector} for n, vector in enumerate(vectors)]
    usage = {"prompt_tokens": answer.cost, "total_tokens": answer.cost}
    value = {"object": "list", "data": data, "model": model, "usage": usage}
    return json.dumped(value)


FOREIGN = (
    ForeignRoute(
        "/v1/embeddings",
        FEATURE_EXTRACTION,
        "as OpenAI's clients ask",
        EmbeddingsRequest,
        Embeddings,
        ({"input": ["a happy person", "a lorry"], "encoding_format": "float"},),
    ),
)
EMBEDDINGS = (Route("/v1/embeddings", Endpoint(embeddings), methods=["POST"]),)
ROUTES = (Route("/v1/models", models, methods=["GET"]),)
