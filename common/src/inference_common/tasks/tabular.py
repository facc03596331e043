"""Tasks about the rows of a table: tabular-classification, tabular-regression."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..client import Client
from ..codecs import json
from ..codecs.json import JsonOutput
from ..codecs.tabular import Columns, TableInput
from ..pipeline import Pipeline
from ..task import BadPayload, Params, Payload, Task

_NUMBER = re.compile(r"-?(0|[1-9]\d{0,15})(\.\d{1,15})?", re.ASCII)

RowLabel = str | int | float | bool
"""A row's class, as the model was taught it."""

TabularClassification = Pipeline[Columns, Params, Sequence[RowLabel]]
"""A label for each row."""
TabularRegression = Pipeline[Columns, Params, Sequence[float]]
"""A number for each row."""


def _of_client(labels: Sequence[RowLabel], client: Client) -> object:
    """The labels; JavaScript takes numbers only, so it gets those that the texts of all of them read as, if they do."""
    if client.javascript is None or not all(isinstance(label, str) and _NUMBER.fullmatch(label) for label in labels):
        return labels
    return [json.of_query(str(label)) for label in labels]


WINE = b'{"fixed_acidity": ["7.4", "7.8"], "alcohol": ["9.4", "9.8"], "chlorides": [0.076, null]}'
ROWS = (
    b'[{"fixed_acidity": 7.4, "alcohol": 9, "chlorides": 0.076}, {"fixed_acidity": 7.8, "alcohol": 10, "chlorides": 1}]'
)
GOOD = (
    Payload(b'{"inputs": {"data": %s}}' % WINE),
    Payload(b'{"table": %s}' % WINE),
    Payload(b'{"inputs": {"table": %s}, "parameters": {}}' % WINE),
    Payload(b'{"inputs": {"data": %s}}' % ROWS, None),
)
BAD = (
    BadPayload(Payload(b""), 400, "empty"),
    BadPayload(Payload(b"a,b\n1,2\n", "text/csv"), 415, "JSON"),
    BadPayload(Payload(b'{"inputs": "hello"}'), 400, "table"),
    BadPayload(Payload(b'{"inputs": {"rows": []}}'), 400, "data"),
    BadPayload(Payload(b'{"inputs": {"data": {}}}'), 400, "no cell"),
    BadPayload(Payload(b'{"table": {"a": [1, 2], "b": [1]}}'), 400, "length"),
    BadPayload(Payload(b'{"table": {"a": [[1]]}}'), 400, "table.a.0"),
    BadPayload(Payload(b'{"table": {"a": [1]}, "parameters": {"top_k": 1}}'), 400, "top_k"),
)

TABULAR_CLASSIFICATION = Task[Columns, Params, Sequence[RowLabel]](
    name="tabular-classification",
    input=TableInput(),
    params=Params,
    output=JsonOutput(list[RowLabel], shape=_of_client),
    good=GOOD,
    bad=BAD,
)

TABULAR_REGRESSION = Task[Columns, Params, Sequence[float]](
    name="tabular-regression",
    input=TableInput(),
    params=Params,
    output=JsonOutput(list[float]),
    good=GOOD,
    bad=BAD,
)
