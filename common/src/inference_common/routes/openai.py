"""`/v1/embeddings` and `/v1/models`, as OpenAI's clients speak them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..codecs import json
from ..errors import InferenceFailed, InvalidRequest, TooLarge
from ..service import Answer, Service, Work
from ..task import Encoded
from ..tasks.text import FEATURE_EXTRACTION
from .inference import respond, wait_ready


class EmbeddingsRequest(BaseModel):
    """The body of `/v1/embeddings`; `model` may be any name, since one server holds one model."""

    model_config = ConfigDict(extra="forbid", strict=True)
    input: str | list[str] = Field(description="a text, or a list of texts (lists of tokens are not taken)")
    model: str = ""
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = Field(default=None, gt=0)
    user: str | None = None


_REQUEST = TypeAdapter(EmbeddingsRequest)


async def embeddings(request: Request) -> Response:
    """Embed each text of `input`."""
    service: Service = request.app.state.service
    body = await service.read_body(request)
    await wait_ready(service, request, body)
    asked, work = await service.in_thread(lambda: _decode(service, body))
    answer = await service.run(request, work)
    encoded = await service.in_thread(lambda: _encode(service.model.source.name, asked, answer))
    return respond(answer, encoded)


async def models(request: Request) -> Response:
    """List the one model."""
    service: Service = request.app.state.service
    entry = {"id": service.model.source.name, "object": "model", "created": 0, "owned_by": "self"}
    return JSONResponse({"object": "list", "data": [entry]})


def _decode(service: Service, body: bytes) -> tuple[EmbeddingsRequest, Work]:
    pipeline = service.model.pipeline(FEATURE_EXTRACTION.name)
    asked = json.validate(_REQUEST, json.parse(body), "body")
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    if not texts:
        raise InvalidRequest("input is an empty list; send at least one text")
    if len(texts) > service.limits.inputs or sum(map(len, texts)) > service.limits.characters:
        raise TooLarge(
            f"At most {service.limits.inputs:,} texts of {service.limits.characters:,} characters in all are taken"
        )
    raw = {} if asked.dimensions is None else {"dimensions": asked.dimensions}
    return asked, service.prepare(FEATURE_EXTRACTION, pipeline, texts, raw, many=True)


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


ROUTES = (
    Route("/v1/embeddings", embeddings, methods=["POST"]),
    Route("/v1/models", models, methods=["GET"]),
)
