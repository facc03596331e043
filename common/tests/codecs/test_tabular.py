import math
from typing import Any

import pytest
from inference_common.codecs import json
from inference_common.codecs.tabular import Table, TableInput, text_columns
from inference_common.errors import InvalidRequest, TooLarge
from inference_common.task import Limits, Payload
from orjson import dumps
from pydantic import TypeAdapter

TABLE: TypeAdapter[Any] = TypeAdapter(Table)
INPUT = TableInput()
SENT = {"a": [1, 2], "b": ["x", "yz"]}


@pytest.mark.parametrize(
    "sent",
    [
        {"a": [1, 2.5], "b": ["x", None]},
        [{"a": 1, "b": "x"}, {"a": 2.5, "b": None}],
        [{"a": 1, "b": "x"}, {"a": 2.5}],
    ],
)
def test_columns_and_rows_are_the_same_table(sent: object) -> None:
    assert json.validate(TABLE, sent, "table") == {"a": [1, 2.5], "b": ["x", None]}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "no cell"),
        ([], "no cell"),
        ({"a": []}, "no cell"),
        ({"a": [1], "b": []}, "'a' has 1 cells, 'b' 0"),
        ([[1]], "rows"),
        ({"a": 1}, "table.a"),
        ({"a": [[1]]}, "table.a.0"),
        ("a", "table"),
    ],
)
def test_what_is_no_table_is_refused(sent: object, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        json.validate(TABLE, sent, "table")


def test_cells_keep_their_kind_and_have_a_text() -> None:
    table = json.validate(TABLE, {"a": [True, 1, 1.0, "1", None, math.inf]}, "table")
    assert [type(cell).__name__ for cell in table["a"]] == ["bool", "int", "float", "str", "NoneType", "float"]
    assert text_columns(table) == {"a": ["true", "1", "1.0", "1", "", "inf"]}


@pytest.mark.parametrize(
    "body",
    [
        {"inputs": {"data": SENT}, "parameters": {"k": 1}},
        {"inputs": {"table": SENT}, "parameters": {"k": 1}, "options": {}},
        {"table": SENT, "parameters": {"k": 1}},
        {"inputs": None, "table": [{"a": 1, "b": "x"}, {"a": 2, "b": "yz"}], "parameters": {"k": 1}},
    ],
)
def test_every_form_of_a_table(body: object) -> None:
    decoded = INPUT.decode(Payload(dumps(body)), Limits(1, 5))
    assert (list(decoded.items), decoded.many, decoded.params) == ([SENT], False, {"k": 1})
    assert INPUT.meter(decoded.items) == {"x-compute-rows": "2"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([SENT], "JSON object"),
        ({"inputs": SENT}, "inputs must hold one table"),
        ({"inputs": {"data": SENT, "table": SENT}}, "inputs must hold one table"),
        ({"inputs": {"data": SENT}, "table": SENT}, "Unknown parameter 'table'"),
        ({"table": SENT, "k": 1}, "Unknown parameter 'k'"),
        ({"inputs": {"data": {"a": [{}]}}}, r"inputs\.data\.a\.0"),
        ({}, '"inputs" is missing'),
    ],
)
def test_what_holds_no_table_is_refused(body: object, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        INPUT.decode(Payload(dumps(body)), Limits(1, 1000))


def test_a_table_over_the_limit_is_refused() -> None:
    with pytest.raises(TooLarge, match="5 characters, and at most 4"):
        INPUT.decode(Payload(dumps({"table": SENT})), Limits(1, 4))


def test_rows_of_columns_of_their_own_are_no_table_of_a_million_cells() -> None:
    rows = [{f"{row}-{column}": 1 for column in range(20)} for row in range(300)]
    with pytest.raises(InvalidRequest, match=r"300 rows of 6,000 columns have more than 1,000,000 cells"):
        json.validate(TABLE, rows, "table")


def test_only_the_first_wrong_cell_is_told() -> None:
    with pytest.raises(InvalidRequest, match=r"table\.b\.1") as caught:
        json.validate(TABLE, {"a": [1, 2, 3], "b": [1, [], {}], "c": [[]] * 3}, "table")
    assert all(detail.loc.startswith("table.b.1") for detail in caught.value.details)


@pytest.mark.parametrize(
    "value",
    [
        {"inputs": None, "table": SENT, "parameters": None, "model": None},
        {"inputs": {"data": SENT, "table": None}},
        {"table": SENT, "parameters": {}, "model": "org/name"},
    ],
)
def test_null_is_left_out(value: object) -> None:
    assert INPUT.decode(Payload(dumps(value)), Limits(inputs=3, characters=99)).items == [SENT]
