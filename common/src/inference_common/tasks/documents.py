"""document-question-answering: a question about a page, answered from the words on it and where they stand."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import AfterValidator, BeforeValidator, Field
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..codecs.json import JsonOutput
from ..pipeline import Pipeline
from ..samples import encoded
from ..task import BadPayload, Params, Task
from .multimodal import ASKED_IMAGE, NO_QUESTIONS, AskedImage, asked, asked_at_the_root

MOST_WORDS = 5_000  # several dense pages
MOST_TOKENS = 100_000


def _ordered(box: tuple[float, ...]) -> tuple[float, ...]:
    left, top, right, bottom = box
    if left > right or top > bottom:
        raise ValueError("a box is [left, top, right, bottom], so the first two may not exceed the last two")
    return box


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _paired(value: Any) -> Any:
    """Pairs of a word and its box, also of the two by turns, as the official schema of the list reads."""
    if not isinstance(value, list):
        return value
    if value and all(isinstance(word, str) for word in value[::2]) and len(value) % 2 == 0:
        return tuple(zip(value[::2], value[1::2], strict=True))
    return tuple(map(_tuple, value))


Place = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
Box = Annotated[tuple[Place, Place, Place, Place], BeforeValidator(_tuple), AfterValidator(_ordered)]
"""Left, top, right and bottom, in thousandths of the page's width and height."""
WordBoxes = Annotated[
    tuple[tuple[Annotated[str, Field(strict=True, min_length=1, max_length=1000)], Box], ...],
    BeforeValidator(_paired, json_schema_input_type=list[tuple[str, Box]] | list[str | Box]),
    Field(max_length=MOST_WORDS),
]


class DocumentQuestionAnsweringParams(Params):
    """Of document-question-answering; lengths are in tokens. Networks that look at the page take `top_k` alone."""

    top_k: int = Field(default=1, gt=0, le=1000, strict=True, description="answer at most so many, best first")
    word_boxes: WordBoxes | None = Field(
        default=None,
        description="the words of the page and their boxes, in thousandths of its sides; read from it else",
    )
    lang: str | None = Field(
        default=None,
        strict=True,
        min_length=1,
        max_length=100,
        description="language of the page, by Tesseract's name; eng else",
    )
    handle_impossible_answer: bool = Field(
        default=False, strict=True, description="let the empty answer stand for a page that holds none"
    )
    max_answer_len: int = Field(
        default=15, gt=0, le=MOST_TOKENS, strict=True, description="answers are no longer than this"
    )
    max_seq_len: int | None = Field(
        default=None, gt=0, le=MOST_TOKENS, strict=True, description="question and part of the page together"
    )
    max_question_len: int | None = Field(
        default=None, gt=0, le=MOST_TOKENS, strict=True, description="cut the question to this; not cut where not set"
    )
    doc_stride: int | None = Field(
        default=None, ge=0, le=MOST_TOKENS, strict=True, description="by how much the parts of a long page overlap"
    )


class DocumentAnswer(TypedDict):
    """An answer and how probable it is, 0 to 1. `start` and `end` are the places of its first and last word among those
    of the page; a network that reads no words tells none."""

    answer: str
    score: float
    start: NotRequired[int]
    end: NotRequired[int]


DocumentQuestionAnswering = Pipeline[AskedImage, DocumentQuestionAnsweringParams, list[DocumentAnswer]]

PAGE, NUMBER = "document.png", "what is the invoice number?"
PAIRS = [["Paris", [65, 150, 165, 220]], ["Cat", [177, 150, 252, 220]], ["US-001", [430.5, 350, 585, 420]]]
BY_TURNS = [part for pair in PAIRS for part in pair]
OUTSIDE = [["Paris", [65, 150, 1001, 220]]]
TURNED = [["Paris", [165, 150, 65, 220]]]

DOCUMENT_QUESTION_ANSWERING = Task[AskedImage, DocumentQuestionAnsweringParams, list[DocumentAnswer]](
    name="document-question-answering",
    input=ASKED_IMAGE,
    params=DocumentQuestionAnsweringParams,
    output=JsonOutput(list[DocumentAnswer]),
    good=(
        asked(PAGE, NUMBER),
        asked(PAGE, NUMBER, parameters={"top_k": 3, "lang": "eng", "handle_impossible_answer": True}),
        asked(PAGE, NUMBER, parameters={"word_boxes": PAIRS, "max_answer_len": 2}),
        asked(PAGE, NUMBER, parameters={"word_boxes": BY_TURNS}),
        asked(PAGE, NUMBER, parameters={"max_seq_len": 40, "doc_stride": 4, "max_question_len": 6, "top_k": 2}),
        asked("image.jpg", NUMBER),
        asked(PAGE, NUMBER, parameters={"word_boxes": []}),
        asked_at_the_root(PAGE, NUMBER),
        asked_at_the_root(PAGE, NUMBER, inputs=encoded(PAGE), parameters={"top_k": 2}),
    ),
    bad=(
        *NO_QUESTIONS,
        BadPayload(asked(PAGE, NUMBER, parameters={"top_k": 0}), 400, "top_k"),
        BadPayload(asked(PAGE, NUMBER, parameters={"word_boxes": OUTSIDE}), 400, "1000"),
        BadPayload(asked(PAGE, NUMBER, parameters={"word_boxes": TURNED}), 400, "left"),
        BadPayload(asked(PAGE, NUMBER, parameters={"word_boxes": ["Paris"]}), 400, "word_boxes"),
        BadPayload(asked(PAGE, NUMBER, parameters={"word_boxes": "Paris"}), 400, "word_boxes"),
        BadPayload(asked(PAGE, NUMBER, parameters={"max_seq_len": 0}), 400, "max_seq_len"),
        BadPayload(asked(PAGE, NUMBER, parameters={"lang": ""}), 400, "lang"),
        BadPayload(asked(PAGE, NUMBER, parameters={"languages": "eng"}), 400, "lang"),
        BadPayload(asked(PAGE, NUMBER, word_boxes=PAIRS), 400, "parameters"),
    ),
)
