"""Tasks that take text: feature-extraction, sentence-similarity, text-ranking."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..codecs.json import JsonOutput
from ..codecs.text import TextInput
from ..generation import unserved
from ..pipeline import Pipeline
from ..task import BadPayload, Params, Payload, Task

Embedding = npt.NDArray[np.float32]
"""One text's embedding: float32 of shape (dimensions,), or (1, tokens, dimensions) from a model that does not pool."""


Tensor = list[float] | list[list[list[float]]]
"""An embedding as JSON."""


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


_Spelling = Literal["left", "right", "Left", "Right"]
Side = Annotated[Literal["left", "right"], BeforeValidator(_lower, json_schema_input_type=_Spelling)]
"""Of a text; with a capital too, as older clients and other servers write it."""


class SimilarityParams(Params):
    """Of sentence-similarity; `None` leaves a choice to the model."""

    truncate: bool | None = Field(
        default=None, description="cut texts longer than the model reads; false refuses them", strict=True
    )
    truncation_direction: Side | None = Field(default=None, description="the side that is cut")
    prompt_name: str | None = Field(
        default=None, description="a prompt of the model, put before each text", strict=True
    )


class RankingParams(Params):
    """Of text-ranking; `None` leaves a choice to the model."""

    truncate: bool | None = Field(
        default=None, description="cut pairs longer than the model reads; false refuses them", strict=True
    )
    raw_scores: bool | None = Field(
        default=None, description="a cross-encoder's scores as they are before its activation function", strict=True
    )


class FeatureExtractionParams(SimilarityParams):
    """Of feature-extraction; `None` leaves a choice to the model."""

    normalize: bool | None = Field(default=None, description="scale each embedding to length 1", strict=True)
    dimensions: int | None = Field(
        default=None, gt=0, description="keep only the first so many dimensions", strict=True
    )
    encoding_format: Annotated[
        str | None, unserved("embeddings are numbers here; leave out encoding_format, or ask /v1/embeddings", "float")
    ] = Field(default=None, description="float: as numbers")


class SimilarityInputs(BaseModel):
    """A sentence, and those it is compared with."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    source_sentence: str
    sentences: list[str] = Field(min_length=1)


class RankingInputs(BaseModel):
    """A query, and the texts to rank by how well they answer it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    query: str
    texts: list[str] = Field(min_length=1)


class RankedText(TypedDict):
    """`index` is the text's place in the request."""

    index: int
    score: float


FeatureExtraction = Pipeline[str, FeatureExtractionParams, Embedding]
SentenceSimilarity = Pipeline[SimilarityInputs, SimilarityParams, list[float]]
TextRanking = Pipeline[RankingInputs, RankingParams, list[RankedText]]

FEATURE_EXTRACTION = Task[str, FeatureExtractionParams, Embedding](
    name="feature-extraction",
    input=TextInput(
        TypeAdapter(str, config=ConfigDict(strict=True)),
        texts=lambda text: (text,),
        raw=str,
        root=frozenset(FeatureExtractionParams.model_fields),
    ),
    params=FeatureExtractionParams,
    output=JsonOutput(Tensor),
    client='feature_extraction("hello")',
    good=(
        Payload(b'{"inputs": "hello"}'),
        Payload(b'{"inputs": ["hello", "a longer text than that"]}'),
        Payload(b'{"inputs": "hello", "normalize": true, "truncate": true, "truncation_direction": "right"}'),
        Payload(b'{"inputs": "hello", "parameters": null, "options": {"wait_for_model": true, "use_cache": false}}'),
        Payload(b'"hello"'),
        Payload(b"hello", None),
        Payload("œuvre 日本".encode(), "text/plain"),
    ),
    bad=(
        BadPayload(Payload(b""), 400, "empty"),
        BadPayload(Payload(b"{"), 400, "JSON"),
        BadPayload(Payload(b"\xff\xf8", None), 400, "UTF-8"),
        BadPayload(Payload(b'{"text": "hello"}'), 400, "inputs"),
        BadPayload(Payload(b'{"inputs": 7}'), 400, "inputs"),
        BadPayload(Payload(b'{"inputs": []}'), 400, "empty"),
        BadPayload(Payload(b'{"inputs": ["hello", 7]}'), 400, "inputs.1"),
        BadPayload(Payload(b'{"inputs": NaN}'), 400, "NaN"),
        BadPayload(Payload(b'{"inputs": "hello", "normalise": true}'), 400, "normalize"),
        BadPayload(Payload(b'{"inputs": "hello", "parameters": {"normalise": true}}'), 400, "normalize"),
        BadPayload(Payload(b'{"inputs": "hello", "parameters": [1]}'), 400, "parameters"),
        BadPayload(Payload(b'{"inputs": "hello", "dimensions": -1}'), 400, "dimensions"),
        BadPayload(Payload(b'{"inputs": "hello", "dimensions": 100000}'), 400, "dimensions", by_model=True),
        BadPayload(Payload(b'{"inputs": "hello", "prompt_name": "no such prompt"}'), 400, "prompt", by_model=True),
        BadPayload(Payload(b'{"inputs": "hello", "truncation_direction": "up"}'), 400, "truncation_direction"),
    ),
)

SENTENCE_SIMILARITY = Task[SimilarityInputs, SimilarityParams, list[float]](
    name="sentence-similarity",
    input=TextInput(
        TypeAdapter(SimilarityInputs),
        texts=lambda inputs: (inputs.source_sentence, *inputs.sentences),
        bare=frozenset(SimilarityInputs.model_fields),
    ),
    params=SimilarityParams,
    output=JsonOutput(list[float]),
    client='sentence_similarity("a cat", other_sentences=["a kitten", "a lorry"])',
    good=(
        Payload(
            b'{"inputs": {"source_sentence": "That is a happy person",'
            b' "sentences": ["That is a happy dog", "Today is a sunny day"]}}'
        ),
        Payload(
            b'{"inputs": [{"source_sentence": "a cat", "sentences": ["a kitten"]},'
            b' {"source_sentence": "a car", "sentences": ["a kitten", "a lorry"]}]}'
        ),
        Payload(b'{"source_sentence": "a cat", "sentences": ["a kitten"]}', None),
        Payload(
            b'{"inputs": {"source_sentence": "a cat", "sentences": ["a kitten"]},'
            b' "parameters": {"truncate": false, "truncation_direction": "Left"}}'
        ),
    ),
    bad=(
        BadPayload(Payload(b""), 400, "empty"),
        BadPayload(Payload(b"hello", None), 400, "JSON"),
        BadPayload(Payload(b'{"inputs": "hello"}'), 400, "inputs"),
        BadPayload(Payload(b'{"inputs": {"source_sentence": "a cat"}}'), 400, "sentences"),
        BadPayload(Payload(b'{"inputs": {"source_sentence": "a cat", "sentences": []}}'), 400, "sentences"),
        BadPayload(Payload(b'{"inputs": {"source_sentence": "a cat", "sentences": "a kitten"}}'), 400, "sentences"),
        BadPayload(Payload(b'{"inputs": {"source_sentence": 1, "sentences": ["x"]}}'), 400, "source_sentence"),
        BadPayload(
            Payload(b'{"inputs": {"source_sentence": "a", "sentences": ["b"]}, "parameters": {"top_k": 1}}'),
            400,
            "top_k",
        ),
        BadPayload(
            Payload(b'{"inputs": {"source_sentence": "a", "sentences": ["b"]}, "parameters": {"prompt_name": "none"}}'),
            400,
            "prompt",
            by_model=True,
        ),
    ),
)

TEXT_RANKING = Task[RankingInputs, RankingParams, list[RankedText]](
    name="text-ranking",
    input=TextInput(
        TypeAdapter(RankingInputs),
        texts=lambda inputs: (inputs.query, *inputs.texts),
        bare=frozenset(RankingInputs.model_fields),
    ),
    params=RankingParams,
    output=JsonOutput(list[RankedText]),
    good=(
        Payload(
            b'{"inputs": {"query": "What is deep learning?",'
            b' "texts": ["Deep learning is machine learning with deep networks", "Paris is in France"]}}'
        ),
        Payload(b'{"inputs": [{"query": "a cat", "texts": ["x", "y"]}, {"query": "a car", "texts": ["z"]}]}'),
        Payload(b'{"query": "a cat", "texts": ["a kitten", "a lorry"]}', None),
        Payload(
            b'{"inputs": {"query": "a cat", "texts": ["x"]}, "parameters": {"raw_scores": true, "truncate": false}}'
        ),
    ),
    bad=(
        BadPayload(Payload(b""), 400, "empty"),
        BadPayload(Payload(b'{"inputs": "hello"}'), 400, "inputs"),
        BadPayload(Payload(b'{"inputs": {"query": "a cat"}}'), 400, "texts"),
        BadPayload(Payload(b'{"inputs": {"query": "a cat", "texts": []}}'), 400, "texts"),
        BadPayload(Payload(b'{"inputs": {"query": "a cat", "texts": [1]}}'), 400, "texts"),
        BadPayload(Payload(b'{"inputs": {"query": "a", "texts": ["b"]}, "parameters": {"k": 1}}'), 400, "'k'"),
    ),
)
