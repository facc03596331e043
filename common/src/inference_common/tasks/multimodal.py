"""Tasks whose answer to an image is text: image-to-text, visual-question-answering."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Self

import orjson
from PIL.Image import Image
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..client import Client
from ..codecs.image import image_input, metered, read_image
from ..codecs.json import JsonOutput
from ..codecs.media import MediaInput, with_fields
from ..generation import new_tokens, too_many
from ..pipeline import Pipeline
from ..samples import as_json, encoded
from ..task import BadPayload, Limits, Params, Payload, Task
from .decoding import LENGTHS, GeneratedText, GenerationParameters, nested_lowered, nested_within
from .image import JPEG, NOT_IMAGES

LONGEST_QUESTION = 10_000


class Question(BaseModel):
    """What is asked of an image."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    question: Annotated[str, StringConstraints(max_length=LONGEST_QUESTION, pattern=r"\S")]


class AskedImage(Question):
    """An image, mode RGB, and a question about it."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    image: Image


class VisualQuestionAnsweringParams(Params):
    """Of visual-question-answering."""

    top_k: int = Field(default=5, gt=0, strict=True, description="answer at most so many answers, best first")


class VisualAnswer(TypedDict):
    """An answer and how probable the model finds it, 0 to 1."""

    answer: str
    score: float


class ImageToTextParams(Params):
    """Of image-to-text; `None` leaves a choice to the model."""

    together = LENGTHS
    max_new_tokens: int | None = Field(default=None, gt=0, strict=True, description="most tokens to generate")
    generation_parameters: GenerationParameters | None = Field(default=None, description="how the text is generated")

    @model_validator(mode="after")
    def _says_it_once(self) -> Self:
        if self.max_new_tokens is not None and "max_new_tokens" in self.asked_of_generation:
            raise ValueError("max_new_tokens stands in generation_parameters too; send one of them")
        return self

    def within(self, limits: Limits) -> Self:
        lower = {} if self.max_new_tokens is None else {"max_new_tokens": new_tokens(self.max_new_tokens, limits)}
        return nested_within(self.model_copy(update=lower), limits)

    def lowered(self, limits: Limits) -> Sequence[str]:
        return [*too_many(self.max_new_tokens, limits), *nested_lowered(self, limits)]

    @property
    def asked_of_generation(self) -> dict[str, object]:
        """What the caller did say of how the text is generated, by name."""
        return {} if self.generation_parameters is None else self.generation_parameters.asked

    @property
    def asked(self) -> dict[str, object]:
        """The same, with the one that stands outside."""
        told = {} if self.max_new_tokens is None else {"max_new_tokens": self.max_new_tokens}
        return {**self.asked_of_generation, **told}


ImageToText = Pipeline[Image, ImageToTextParams, GeneratedText]
VisualQuestionAnswering = Pipeline[AskedImage, VisualQuestionAnsweringParams, list[VisualAnswer]]

ASKED_IMAGE = MediaInput[Image, AskedImage](
    "image",
    read_image,
    with_fields(TypeAdapter(AskedImage), "image"),
    metered,
    "image",
    "image",
    bare=frozenset(AskedImage.model_fields),
    others=Question,
)
"""An image and a question, as `inputs` or at the root of the body."""

NO_QUESTIONS = (
    BadPayload(Payload(b""), 400, "empty"),
    BadPayload(Payload(JPEG, "image/jpeg"), 400, "question"),
    BadPayload(as_json("image.jpg"), 400, "question"),
    BadPayload(as_json("image.jpg", "image"), 400, "question"),
    BadPayload(Payload(b'{"inputs": {"question": "What is this?"}}'), 400, "image"),
    BadPayload(Payload(b'{"image": "not base64!", "question": "What is this?"}'), 400, "base64"),
    BadPayload(Payload(b'{"image": "aGVsbG8=", "question": "What is this?"}'), 415, "PNG"),
    BadPayload(Payload(b'{"image": "https://example.org/cat.png", "question": "What?"}'), 400, "address"),
)
"""What every task that takes an image and a question refuses."""


def asked(name: str, question: object, **fields: object) -> Payload:
    """A sample and a question about it as `inputs`; `fields` join the root."""
    return Payload(orjson.dumps({"inputs": {"image": encoded(name), "question": question}, **fields}))


def asked_at_the_root(name: str, question: object, **fields: object) -> Payload:
    """A sample and a question about it without `inputs`; `fields` join them."""
    return Payload(orjson.dumps({"image": encoded(name), "question": question, **fields}))


def _takes_a_list(client: Client) -> bool:
    """huggingface_hub reads an object in 0.22 and 0.23, and a list before and after; JavaScript an object from 4.13.15
    on."""
    if client.javascript is not None:
        return client.javascript_older_than(4, 13, 15)
    return client.older_than(0, 22) or not client.older_than(0, 24)


IMAGE_TO_TEXT = Task[Image, ImageToTextParams, GeneratedText](
    name="image-to-text",
    input=image_input(),
    params=ImageToTextParams,
    output=JsonOutput(GeneratedText, listed=_takes_a_list),
    good=(
        Payload(JPEG, "image/jpeg"),
        Payload(JPEG, None, {"max_new_tokens": "3"}),
        as_json("image.jpg"),
        as_json("image.png", parameters={"max_new_tokens": 5}),
        as_json("image.jpg", parameters={"generation_parameters": {"num_beams": 2, "max_new_tokens": 4}}),
        as_json("image.jpg", parameters={"generation_parameters": {"do_sample": True, "temperature": 1.5, "top_k": 5}}),
        as_json("image.jpg", "image", parameters={"generation_parameters": None}),
    ),
    bad=(
        *NOT_IMAGES,
        BadPayload(as_json("image.jpg", parameters={"max_new_tokens": 0}), 400, "max_new_tokens"),
        BadPayload(as_json("image.jpg", parameters={"generation_parameters": {"min_length": 10**6}}), 400, "most"),
        BadPayload(as_json("image.jpg", parameters={"prompt": "a photo of"}), 400, "generation_parameters"),
        BadPayload(as_json("image.jpg", parameters={"generation_parameters": {"beams": 2}}), 400, "beams"),
        BadPayload(as_json("image.jpg", parameters={"generation_parameters": {"temperature": 0}}), 400, "temperature"),
        BadPayload(as_json("image.jpg", parameters={"generation_parameters": {"num_beams": 1000}}), 400, "num_beams"),
        BadPayload(
            as_json("image.jpg", parameters={"max_new_tokens": 3, "generation_parameters": {"max_new_tokens": 4}}),
            400,
            "send one",
        ),
    ),
)

VISUAL_QUESTION_ANSWERING = Task[AskedImage, VisualQuestionAnsweringParams, list[VisualAnswer]](
    name="visual-question-answering",
    input=ASKED_IMAGE,
    params=VisualQuestionAnsweringParams,
    output=JsonOutput(list[VisualAnswer]),
    good=(
        asked("image.jpg", "what is that?"),
        asked("image.png", "is the dog happy?", parameters={"top_k": 1}),
        asked_at_the_root("image.jpg", "what is that?"),
        asked_at_the_root("image.jpg", "what is that?", inputs=encoded("image.jpg"), parameters={"top_k": 2}),
        asked("image.jpg", "what is that? " * 100, parameters={"top_k": 1000}),
    ),
    bad=(
        *NO_QUESTIONS,
        BadPayload(asked("image.jpg", " "), 400, "question"),
        BadPayload(asked("image.jpg", 7), 400, "question"),
        BadPayload(asked("image.jpg", "what?", parameters={"top_k": 0}), 400, "top_k"),
        BadPayload(asked("image.jpg", "what?", parameters={"topk": 1}), 400, "top_k"),
        BadPayload(asked_at_the_root("image.jpg", "what?", inputs=encoded("image.png")), 400, "different"),
        BadPayload(asked_at_the_root("image.jpg", "what?", top_k=1), 400, "top_k"),
    ),
)
