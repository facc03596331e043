"""Tables: columns of cells, or rows as objects, in the forms that clients send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Strict, TypeAdapter

from ..errors import InvalidRequest, TooLarge
from ..schema import Schema, Schemas
from ..task import Decoded, Limits, Params, Payload
from . import envelope, json

Cell = (
    Annotated[bool, Strict()] | Annotated[int, Strict()] | Annotated[float, Strict()] | Annotated[str, Strict()] | None
)
CELL_TYPES = frozenset({bool, int, float, str, type(None)})
MAX_CELLS = 1_000_000  # of rows, those that they lack included
VALUES_PER_CELL = 2  # of JSON: a row of one cell is an object, too
Columns = dict[Annotated[str, Strict()], list[Cell]]


def _columns(value: Any) -> Any:
    """Rows as columns, a cell that a row lacks is empty; of a table with wrong cells, up to the first of them."""
    if isinstance(value, list):
        if not all(isinstance(row, dict) for row in value):
            raise ValueError("a list must hold rows, each an object of its cells by column")
        names = dict.fromkeys(name for row in value for name in row)
        if len(names) * len(value) > MAX_CELLS:
            raise ValueError(f"{len(value):,} rows of {len(names):,} columns have more than {MAX_CELLS:,} cells")
        value = {name: [row.get(name) for row in value] for name in names}
    return _up_to_a_wrong_cell(value) if isinstance(value, dict) else value


def _up_to_a_wrong_cell(table: dict[Any, Any]) -> dict[Any, Any]:
    """A table that is no longer than its first wrong cell: told of each, a caller would cost thousands of times what
    was sent."""
    for name, cells in table.items():
        if not isinstance(cells, list):
            return {name: cells}
        if not CELL_TYPES.issuperset(map(type, cells)):
            wrong = next(n for n, cell in enumerate(cells) if type(cell) not in CELL_TYPES)
            return {name: cells[: wrong + 1]}
    return table


def _even(table: Columns) -> Columns:
    lengths = {name: len(cells) for name, cells in table.items()}
    if not any(lengths.values()):
        raise ValueError("the table holds no cell")
    name, length = next(iter(lengths.items()))
    for other, count in lengths.items():
        if count != length:
            raise ValueError(
                f"its columns must be of one length, and {name[:64]!r} has {length} cells, {other[:64]!r} {count}"
            )
    return table


Table = Annotated[
    Columns,
    BeforeValidator(_columns, json_schema_input_type=Columns | list[dict[str, Cell]]),
    AfterValidator(_even),
]
"""A table by column, all of one length of at least 1; sent as such, or as a list of rows."""


def cell_text(cell: Cell) -> str:
    """What a cell reads: numbers as Python writes them, truth as JSON does, nothing for null."""
    if cell is None:
        return ""
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def text_columns(table: Mapping[str, Sequence[Cell]]) -> dict[str, list[str]]:
    """The table with every cell as text."""
    return {name: [cell_text(cell) for cell in cells] for name, cells in table.items()}


_TABLE: TypeAdapter[Columns] = TypeAdapter(Table)
_PLACES = ("data", "table")
_FORMS = 'send {"inputs": {"data": TABLE}}, {"inputs": {"table": TABLE}} or {"table": TABLE}'


@dataclass(frozen=True)
class TableInput:
    """One table, in any of the three forms that official clients send; a request holds one, and its rows are many."""

    extra: str | None = None
    batches: bool = False

    def content(self, schemas: Schemas, params: type[Params]) -> Mapping[str, Schema]:
        table = schemas.of(_TABLE)
        inside = {"anyOf": [_alone(place, table) for place in _PLACES]}
        enveloped = envelope.schema(inside, schemas.of(params))
        beside = {**enveloped["properties"], "inputs": {"type": "null"}, "table": table}
        at_root = {**enveloped, "properties": beside, "required": ["table"]}
        return {"application/json": {"anyOf": [enveloped, at_root]}}

    def decode(self, payload: Payload, limits: Limits) -> Decoded[Columns]:
        value = json.parse_payload(payload, limits, values=VALUES_PER_CELL * limits.characters)
        if not isinstance(value, dict):
            raise InvalidRequest(f"The request body must be a JSON object; {_FORMS}")
        if value.get("table") is not None and value.get("inputs") is None:
            others = {name: part for name, part in value.items() if name != "table"}
            value = {**others, "inputs": {"table": value["table"]}}
        opened = envelope.opened(value)
        inputs = opened.inputs
        if not isinstance(inputs, dict) or len(inputs) != 1 or next(iter(inputs)) not in _PLACES:
            raise InvalidRequest(f"inputs must hold one table; {_FORMS}")
        place, sent = next(iter(inputs.items()))
        table = json.validate(_TABLE, sent, f"inputs.{place}")
        _bound(table, limits)
        return Decoded([table], False, opened.params, opened.options)

    def meter(self, items: Sequence[Columns]) -> Mapping[str, str]:
        return {"x-compute-rows": str(sum(len(next(iter(table.values()))) for table in items))}


def _alone(place: str, table: Schema) -> Schema:
    return {"type": "object", "properties": {place: table}, "required": [place], "additionalProperties": False}


def _bound(table: Columns, limits: Limits) -> None:
    """Refuse what is too large. A cell counts as at least one character."""
    length = sum(len(cell) if isinstance(cell, str) and cell else 1 for cells in table.values() for cell in cells)
    if length > limits.characters:
        raise TooLarge(
            f"The table holds {length:,} characters, and at most {limits.characters:,} (MAX_CHARACTERS) are taken; send"
            " rows in parts"
        )
