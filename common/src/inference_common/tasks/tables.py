"""Tasks that answer a question about a table: table-question-answering."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..codecs.json import JsonOutput
from ..codecs.tabular import Table, text_columns
from ..codecs.text import TextInput
from ..pipeline import Pipeline
from ..task import BadPayload, Params, Payload, Task

Query = Annotated[str, StringConstraints(strict=True, min_length=1)]
Queries = Query | Annotated[list[Query], Field(min_length=1, max_length=16)]


class TableQuestion(BaseModel):
    """A table, and a question about it, or several in turn; `question` is another name of `query`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    table: Table
    query: Queries | None = None
    question: Queries | None = None

    @model_validator(mode="after")
    def _asks_once(self) -> Self:
        if (self.query is None) == (self.question is None):
            raise ValueError('send the question as "query", or as "question"')
        return self

    @property
    def many(self) -> bool:
        """Whether several questions were asked, in a list."""
        return isinstance(self.query or self.question, list)

    @property
    def queries(self) -> list[str]:
        """The questions."""
        asked = self.query or self.question or ()
        return [asked] if isinstance(asked, str) else list(asked)

    def texts(self) -> Iterator[str]:
        """The questions, and all of the table as one text."""
        yield from self.queries
        yield "\n".join(text for name, cells in text_columns(self.table).items() for text in (name, *cells))


class TableQuestionAnsweringParams(Params):
    """Of table-question-answering."""

    padding: Literal["do_not_pad", "longest", "max_length"] | None = Field(
        default=None, description="how shorter questions are filled up; answers do not depend on it"
    )
    sequential: bool | None = Field(
        default=None, strict=True, description="let each of several questions build on the answer before it"
    )
    truncation: bool | None = Field(
        default=None, strict=True, description="leave out the last rows of a table that is too large; false refuses it"
    )
    model: str | None = Field(
        default=None, strict=True, description="not used; huggingface_hub sends the server's own name"
    )


class TableAnswer(TypedDict):
    """Cells that answer, by (row, column) from 0, with what to do with them (NONE, SUM, ...); cells are texts.

    A model that writes its answer, rather than choose cells, tells none.
    """

    answer: str
    coordinates: list[list[int]]
    cells: list[str]
    aggregator: str


Found = TableAnswer | list[TableAnswer]
"""An answer; a list of them for a list of questions."""

TableQuestionAnswering = Pipeline[TableQuestion, TableQuestionAnsweringParams, Found]

REPOSITORIES = (
    b'"table": {"Repository": ["Transformers", "Datasets", "Tokenizers"], "Stars": ["36542", "4512", "3934"]}'
)
ASKED = b'"query": "How many stars does the transformers repository have?", ' + REPOSITORIES

TABLE_QUESTION_ANSWERING = Task[TableQuestion, TableQuestionAnsweringParams, Found](
    name="table-question-answering",
    input=TextInput(TypeAdapter(TableQuestion), texts=TableQuestion.texts, bare=frozenset({"table", "query"})),
    params=TableQuestionAnsweringParams,
    output=JsonOutput(Found),
    good=(
        Payload(b'{"inputs": {%s}}' % ASKED),
        Payload(b'{"inputs": [{%s}, {"question": "how many?", %s}]}' % (ASKED, REPOSITORIES)),
        Payload(b"{%s}" % ASKED, None),
        Payload(b'{"inputs": {"query": "how old?", "table": [{"a": 1, "b": 2.5}, {"a": null, "b": true}]}}'),
        Payload(
            b'{"inputs": {"query": ["how many?", "and which?"], %s},'
            b' "parameters": {"sequential": true, "padding": "longest", "truncation": true}}' % REPOSITORIES
        ),
    ),
    bad=(
        BadPayload(Payload(b""), 400, "empty"),
        BadPayload(Payload(b'{"inputs": "hello"}'), 400, "inputs"),
        BadPayload(Payload(b'{"inputs": {"query": "how many?"}}'), 400, "table"),
        BadPayload(Payload(b'{"inputs": {%s}}' % REPOSITORIES), 400, "query"),
        BadPayload(Payload(b'{"inputs": {"question": "how many?", %s}}' % ASKED), 400, "query"),
        BadPayload(Payload(b'{"inputs": {"query": "", %s}}' % REPOSITORIES), 400, "query"),
        BadPayload(Payload(b'{"inputs": {"query": "x", "table": {}}}'), 400, "no cell"),
        BadPayload(Payload(b'{"inputs": {"query": "x", "table": {"a": ["1"], "b": []}}}'), 400, "length"),
        BadPayload(Payload(b'{"inputs": {"query": "x", "table": {"a": [{}]}}}'), 400, "table.a.0"),
        BadPayload(Payload(b'{"inputs": {"query": "x", "table": [["a"]]}}'), 400, "rows"),
        BadPayload(Payload(b'{"inputs": {%s}, "parameters": {"truncation": "yes"}}' % ASKED), 400, "truncation"),
        BadPayload(Payload(b'{"inputs": {%s}, "parameters": {"sequence": true}}' % ASKED), 400, "sequential"),
    ),
)
