"""Tasks about the tokens of a text: token-classification, fill-mask."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import BeforeValidator, ConfigDict, Field, Strict, TypeAdapter
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..codecs.json import JsonOutput
from ..codecs.text import TextInput
from ..pipeline import Pipeline
from ..task import BadPayload, Params, Payload, Task

StrictStr = Annotated[str, Strict()]


class TokenClassificationParams(Params):
    """Of token-classification."""

    aggregation_strategy: Literal["none", "simple", "first", "average", "max"] | None = Field(
        default=None,
        description="how tokens become entities (simple, where not set); first, average and max never split a word",
    )
    ignore_labels: tuple[StrictStr, ...] | None = Field(
        default=None, description='labels that are left out; ["O"] where not set'
    )
    stride: int | None = Field(
        default=None,
        ge=0,
        strict=True,
        description="read all of a long text in windows that overlap by so many tokens; without it, its begin is read",
    )


class Entity(TypedDict):
    """An entity, or without aggregation a token: `start` and `end` are characters of the text, `score` is in 0 to 1.

    `entity` (the label with its prefix) and `index` (the token's place) are there without aggregation only.
    """

    entity_group: str
    score: float
    word: str
    start: int | None
    end: int | None
    entity: NotRequired[str]
    index: NotRequired[int]


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class FillMaskParams(Params):
    """Of fill-mask."""

    top_k: int | None = Field(
        default=None, gt=0, le=1000, strict=True, description="how many words to answer for each mask; 5 where not set"
    )
    targets: Annotated[
        tuple[StrictStr, ...] | None, BeforeValidator(_as_list, json_schema_input_type=list[str] | str | None)
    ] = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="choose among these words only; of one that is no token of the model, the first token is taken",
    )


class Filled(TypedDict):
    """A word for a mask: the text with it, how sure the model is (0 to 1), and the word's token."""

    sequence: str
    score: float
    token: int
    token_str: str


TokenClassification = Pipeline[str, TokenClassificationParams, list[Entity]]
FillMask = Pipeline[str, FillMaskParams, list[Filled] | list[list[Filled]]]
"""The words of the one mask, best first; a list of such lists where the text has several."""

TEXT = TextInput(TypeAdapter(str, config=ConfigDict(strict=True)), texts=lambda text: (text,), raw=str)
SENTENCE = b"My name is Sarah Jessica Parker but you can call me Jessica"

TOKEN_CLASSIFICATION = Task[str, TokenClassificationParams, list[Entity]](
    name="token-classification",
    input=TEXT,
    params=TokenClassificationParams,
    output=JsonOutput(list[Entity]),
    good=(
        Payload(b'{"inputs": "%s"}' % SENTENCE),
        Payload(b'{"inputs": ["%s", "I live in London"]}' % SENTENCE),
        Payload(b'{"inputs": "%s", "parameters": {"aggregation_strategy": "none", "ignore_labels": []}}' % SENTENCE),
        Payload(b'{"inputs": "%s", "parameters": {"aggregation_strategy": "first"}}' % SENTENCE),
        Payload(b'{"inputs": "%s", "parameters": {"stride": 8, "aggregation_strategy": "max"}}' % (SENTENCE * 4)),
        Payload(SENTENCE, None),
        Payload(SENTENCE, "text/plain", {"stride": "4"}),
    ),
    bad=(
        BadPayload(Payload(b""), 400, "empty"),
        BadPayload(Payload(b'{"inputs": 7}'), 400, "inputs"),
        BadPayload(Payload(b'{"inputs": "x", "parameters": {"aggregation_strategy": "best"}}'), 400, "strategy"),
        BadPayload(Payload(b'{"inputs": "x", "parameters": {"ignore_labels": "O"}}'), 400, "ignore_labels"),
        BadPayload(Payload(b'{"inputs": "x", "parameters": {"ignore_labels": [1]}}'), 400, "ignore_labels"),
        BadPayload(Payload(b'{"inputs": "x", "parameters": {"stride": -1}}'), 400, "stride"),
        BadPayload(Payload(b'{"inputs": "x", "parameters": {"stride": 100000000}}'), 400, "stride", by_model=True),
        BadPayload(Payload(b'{"inputs": "x", "parameters": {"strategy": "max"}}'), 400, "aggregation_strategy"),
    ),
)

FILL_MASK = Task[str, FillMaskParams, list[Filled] | list[list[Filled]]](
    name="fill-mask",
    input=TEXT,
    params=FillMaskParams,
    output=JsonOutput(list[Filled] | list[list[Filled]]),
    good=(
        Payload(b'{"inputs": "Paris is the [MASK] of France."}'),
        Payload(b'{"inputs": ["Paris is [MASK]", "Today is a [MASK] day, said the dog."]}'),
        Payload(
            b'{"inputs": "Today is a [MASK] day.", "parameters": {"top_k": 2, "targets": ["happy", "sad", "sunny"]}}'
        ),
        Payload(b'{"inputs": "Today is a [MASK] day.", "parameters": {"top_k": 1000}}'),
        Payload(b"Today is a [MASK] day.", "text/plain", {"top_k": "1"}),
    ),
    bad=(
        BadPayload(Payload(b""), 400, "empty"),
        BadPayload(Payload(b'{"inputs": 7}'), 400, "inputs"),
        BadPayload(Payload(b'{"inputs": "Today is a day."}'), 400, "[MASK]", by_model=True),
        BadPayload(Payload(b'{"inputs": "[MASK]", "parameters": {"top_k": 0}}'), 400, "top_k"),
        BadPayload(Payload(b'{"inputs": "[MASK]", "parameters": {"top_k": 100000}}'), 400, "top_k"),
        BadPayload(Payload(b'{"inputs": "[MASK]", "parameters": {"targets": []}}'), 400, "targets"),
        BadPayload(Payload(b'{"inputs": "[MASK]", "parameters": {"targets": [""]}}'), 400, "targets", by_model=True),
        BadPayload(Payload(b'{"inputs": "[MASK]", "parameters": {"target": ["a"]}}'), 400, "targets"),
    ),
)
