"""Tasks that put labels on a text: text-classification, zero-shot-classification."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..client import Client
from ..codecs.json import JsonOutput
from ..codecs.text import TextInput
from ..pipeline import Pipeline
from ..task import BadPayload, Params, Payload, Task
from .labels import CandidateLabels, HypothesisTemplate

Activation = Literal["sigmoid", "softmax", "none"]


class Label(TypedDict):
    """A label and how sure the model is: `score` is in 0 to 1, unless `function_to_apply` is `none`."""

    label: str
    score: float


class ClassificationParams(Params):
    """Of every classification with the model's own labels; `None` leaves a choice to the model."""

    function_to_apply: Activation | None = Field(default=None, description="what makes scores of the model's logits")
    top_k: int | None = Field(default=None, gt=0, strict=True, description="answer only so many labels, best first")


class TextPair(BaseModel):
    """Two texts that the model reads together, such as a premise and what may follow from it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    text: str
    text_pair: str


class TextClassificationParams(ClassificationParams):
    """Of text-classification: what every one takes, and what text-embeddings-inference calls it."""

    truncate: bool | None = Field(
        default=None, description="cut texts longer than the model reads; false refuses them", strict=True
    )
    truncation_direction: Literal["right", "Right"] | None = Field(default=None, description="the side that is cut")
    raw_scores: bool | None = Field(default=None, description="the same as function_to_apply none", strict=True)

    @model_validator(mode="after")
    def _has_one_function(self) -> Self:
        if self.raw_scores and self.function_to_apply not in (None, "none"):
            raise ValueError("raw_scores is true, and function_to_apply another than none; send one of them")
        return self

    @property
    def activation(self) -> Activation | None:
        """What makes scores of logits; None: as the model says."""
        return "none" if self.raw_scores else self.function_to_apply


class ZeroShotParams(Params):
    """Of zero-shot-classification; each label is another text for the model to read, so there are not as many."""

    candidate_labels: Annotated[CandidateLabels, Field(max_length=200)]
    hypothesis_template: HypothesisTemplate | None = Field(
        default=None, description="what is true of a text whose label fits at {}; This example is {}. where not set"
    )
    multi_label: bool | None = Field(
        default=None, strict=True, description="score each label on its own, rather than choose among them"
    )


class ZeroShot(TypedDict):
    """The labels of a text, best first, with a score each in 0 to 1."""

    sequence: str
    labels: list[str]
    scores: list[float]


def _is_listed(client: Client) -> bool:
    return client.javascript_older_than(4, 5)


def _of_client(output: ZeroShot, client: Client) -> object:
    """Older clients read the object itself, JavaScript's in a list; current ones a list of labels."""
    if client.older_than(1, 1, 5) or _is_listed(client):
        return output
    return [{"label": name, "score": score} for name, score in zip(output["labels"], output["scores"], strict=True)]


TextClassification = Pipeline[str | TextPair, TextClassificationParams, list[Label]]
ZeroShotClassification = Pipeline[str, ZeroShotParams, ZeroShot]

TEXT = TextInput(TypeAdapter(str, config=ConfigDict(strict=True)), texts=lambda text: (text,), raw=str)

TEXT_OR_PAIR = TextInput[str | TextPair](
    TypeAdapter(Annotated[str, Field(strict=True)] | TextPair),
    texts=lambda given: (given,) if isinstance(given, str) else (given.text, given.text_pair),
    raw=str,
    bare=frozenset(TextPair.model_fields),
    root=frozenset({"truncate", "truncation_direction", "raw_scores"}),
)

TEXT_CLASSIFICATION = Task[str | TextPair, TextClassificationParams, list[Label]](
    name="text-classification",
    client='text_classification("I like you")',
    input=TEXT_OR_PAIR,
    params=TextClassificationParams,
    output=JsonOutput(list[Label], listed=lambda client: True),
    good=(
        Payload(b'{"inputs": "I like you. I love you"}'),
        Payload(b'{"inputs": ["I like you", "I am angry with you, and I will not come again"]}'),
        Payload(b'{"inputs": "I like you", "parameters": {"top_k": 1, "function_to_apply": "sigmoid"}}'),
        Payload(b'{"inputs": "I like you", "truncate": false, "truncation_direction": "right", "raw_scores": true}'),
        Payload(b'{"inputs": [{"text": "I like you", "text_pair": "You are liked"}, "I like you"]}'),
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
        BadPayload(
            Payload(b'{"inputs": "x", "raw_scores": true, "parameters": {"function_to_apply": "softmax"}}'),
            400,
            "raw_scores",
        ),
        BadPayload(Payload(b'{"inputs": {"text": "x"}}'), 400, "inputs"),
        BadPayload(Payload(b'{"inputs": [["x", "y"]]}'), 400, "inputs"),
        BadPayload(Payload(b'{"inputs": "x", "truncation_direction": "left"}'), 400, "truncation_direction"),
        BadPayload(Payload(b'{"inputs": "%s", "truncate": false}' % (b"x " * 5000)), 400, "truncate", by_model=True),
    ),
)

ZERO_SHOT_CLASSIFICATION = Task[str, ZeroShotParams, ZeroShot](
    name="zero-shot-classification",
    input=TEXT,
    params=ZeroShotParams,
    output=JsonOutput(list[Label], shape=_of_client, listed=_is_listed),
    good=(
        Payload(b'{"inputs": "I love that dog", "parameters": {"candidate_labels": ["animals", "cars"]}}'),
        Payload(b'{"inputs": ["I love that dog", "My car"], "parameters": {"candidate_labels": "animals, cars"}}'),
        Payload(b'{"inputs": "I love that dog", "parameters": {"candidate_labels": ["animals"], "multi_label": null}}'),
        Payload(
            b'{"inputs": "I love that dog", "parameters": {"candidate_labels": ["animals", "cars", "Paris"],'
            b' "multi_label": true, "hypothesis_template": "This text is about {}."}}'
        ),
        Payload(b"I love that dog", "text/plain", {"candidate_labels": '["animals", "cars"]'}),
    ),
    bad=(
        BadPayload(Payload(b'{"inputs": "x"}'), 400, "candidate_labels"),
        BadPayload(Payload(b'{"inputs": 7, "parameters": {"candidate_labels": ["a"]}}'), 400, "inputs"),
        BadPayload(Payload(b'{"inputs": "x", "parameters": {"candidate_labels": []}}'), 400, "candidate_labels"),
        BadPayload(Payload(b'{"inputs": "x", "parameters": {"candidate_labels": " , "}}'), 400, "candidate_labels"),
        BadPayload(Payload(b'{"inputs": "x", "parameters": {"candidate_labels": [1]}}'), 400, "candidate_labels"),
        BadPayload(
            Payload(b'{"inputs": "x", "parameters": {"candidate_labels": ["a"], "hypothesis_template": "about it"}}'),
            400,
            "hypothesis_template",
        ),
        BadPayload(
            Payload(b'{"inputs": "x", "parameters": {"candidate_labels": ["a"], "multi_class": true}}'),
            400,
            "multi_label",
        ),
    ),
)
