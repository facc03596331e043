"""Tasks that put labels on a text: text-classification."""

from __future__ import annotations

from typing import Literal, TypedDict

from pydantic import ConfigDict, Field, TypeAdapter

from ..codecs.json import JsonOutput
from ..codecs.text import TextInput
from ..pipeline import Pipeline
from ..task import BadPayload, Params, Payload, Task

Activation = Literal["sigmoid", "softmax", "none"]


class Label(TypedDict):
    """A label and how sure the model is: `score` is in 0 to 1, unless `function_to_apply` is `none`."""

    label: str
    score: float


class ClassificationParams(Params):
    """Of every classification with the model's own labels; `None` leaves a choice to the model."""

    function_to_apply: Activation | None = Field(default=None, description="what makes scores of the model's logits")
    top_k: int | None = Field(default=None, gt=0, strict=True, description="answer only so many labels, best first")


TextClassification = Pipeline[str, ClassificationParams, list[Label]]

TEXT_CLASSIFICATION = Task[str, ClassificationParams, list[Label]](
    name="text-classification",
    input=TextInput(TypeAdapter(str, config=ConfigDict(strict=True)), texts=lambda text: (text,), raw=str),
    params=ClassificationParams,
    output=JsonOutput(listed=lambda client: True),
    good=(
        Payload(b'{"inputs": "I like you. I love you"}'),
        Payload(b'{"inputs": ["I like you", "I am angry with you, and I will not come again"]}'),
        Payload(b'{"inputs": "I like you", "parameters": {"top_k": 1, "function_to_apply": "sigmoid"}}'),
        Payload(b"I like you", None),
        Payload(b"I like you", "text/plain", {"top_k": "1"}),
    ),
    bad=(
        BadPayload(Payload(b""), 400, "empty"),
        BadPayload(Payload(b'{"inputs": 7}'), 400, "inputs"),
        BadPayload(Payload(b'{"inputs": "x", "parameters": {"top_k": 0}}'), 400, "top_k"),
        BadPayload(Payload(b'{"inputs": "x", "parameters": {"function_to_apply": "tanh"}}'), 400, "function_to_apply"),
        BadPayload(Payload(b'{"inputs": "x", "parameters": {"topk": 1}}'), 400, "top_k"),
        BadPayload(Payload(b'{"inputs": "x", "top_k": 1}'), 400, "parameters"),
    ),
)
