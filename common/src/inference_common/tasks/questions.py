"""Tasks that answer a question about a text: question-answering."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..codecs.json import JsonOutput
from ..codecs.text import TextInput
from ..pipeline import Pipeline
from ..task import BadPayload, Params, Payload, Task


class Question(BaseModel):
    """A question, and the text that holds its answer."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    question: str = Field(min_length=1)
    context: str = Field(min_length=1)


class QuestionAnsweringParams(Params):
    """Of question-answering; lengths are in tokens."""

    top_k: int | None = Field(
        default=None, gt=0, le=1000, strict=True, description="how many answers, best first; above 1 in a list"
    )
    doc_stride: int | None = Field(
        default=None, ge=0, strict=True, description="by how much the windows of a long context overlap; 128 at most"
        " where not set",
    )  # fmt: skip
    max_answer_len: int | None = Field(
        default=None, gt=0, strict=True, description="answers are no longer than this; 15 where not set"
    )
    max_seq_len: int | None = Field(
        default=None, gt=0, strict=True, description="question and window together; 384 where not set"
    )
    max_question_len: int | None = Field(
        default=None, gt=0, strict=True, description="cut the question to this; not cut where not set"
    )
    handle_impossible_answer: bool | None = Field(
        default=None, strict=True, description="let the empty answer stand for a context that holds none"
    )
    align_to_words: bool | None = Field(
        default=None,
        strict=True,
        description="answer whole words, as where not set; not so for languages without spaces",
    )


class FoundAnswer(TypedDict):
    """A part of the context, from character `start` to before `end`; the scores of its places in the text added up."""

    answer: str
    score: float
    start: int
    end: int


Found = FoundAnswer | list[FoundAnswer]
"""The best answer; a list where more than one was asked for."""

QuestionAnswering = Pipeline[Question, QuestionAnsweringParams, Found]

ASKED = b'"question": "What is my name?", "context": "My name is Clara and I live in Berkeley."'

QUESTION_ANSWERING = Task[Question, QuestionAnsweringParams, Found](
    name="question-answering",
    input=TextInput(
        TypeAdapter(Question),
        texts=lambda inputs: (inputs.question, inputs.context),
        bare=frozenset(Question.model_fields),
    ),
    params=QuestionAnsweringParams,
    output=JsonOutput(Found),
    good=(
        Payload(b'{"inputs": {%s}}' % ASKED),
        Payload(b'{"inputs": [{%s}, {"question": "Where?", "context": "In Paris, France"}]}' % ASKED),
        Payload(b"{%s}" % ASKED, None),
        Payload(b'{"inputs": {%s}, "parameters": {"top_k": 3, "align_to_words": false}}' % ASKED),
        Payload(b'{"inputs": {%s}, "parameters": {"handle_impossible_answer": true, "max_answer_len": 3}}' % ASKED),
        Payload(
            b'{"inputs": {"question": "What is my name?", "context": "%s"},'
            b' "parameters": {"max_seq_len": 64, "doc_stride": 8, "max_question_len": 16}}'
            % (b"My name is Clara and I live in Berkeley. " * 20)
        ),
    ),
    bad=(
        BadPayload(Payload(b""), 400, "empty"),
        BadPayload(Payload(b'{"inputs": "hello"}'), 400, "inputs"),
        BadPayload(Payload(b'{"inputs": {"question": "Who?"}}'), 400, "context"),
        BadPayload(Payload(b'{"inputs": {"question": "", "context": "I."}}'), 400, "question"),
        BadPayload(Payload(b'{"inputs": {"question": "Who?", "context": 1}}'), 400, "context"),
        BadPayload(Payload(b'{"inputs": {"question": "Who?", "context": "I.", "top_k": 1}}'), 400, "top_k"),
        BadPayload(Payload(b'{"inputs": {%s}, "parameters": {"top_k": 0}}' % ASKED), 400, "top_k"),
        BadPayload(Payload(b'{"inputs": {%s}, "parameters": {"topk": 1}}' % ASKED), 400, "top_k"),
        BadPayload(
            Payload(b'{"inputs": {%s}, "parameters": {"max_seq_len": 1}}' % ASKED), 400, "max_seq_len", by_model=True
        ),
        BadPayload(
            Payload(b'{"inputs": {%s}, "parameters": {"doc_stride": 100000}}' % ASKED), 400, "doc_stride", by_model=True
        ),
    ),
)
