from typing import Any

import orjson
import pytest
from inference_common.client import Client
from inference_common.tasks.classification import ZERO_SHOT_CLASSIFICATION, ZeroShot

OUTPUT: ZeroShot = {"sequence": "a", "labels": ["b", "c"], "scores": [0.75, 0.25]}
LABELS = [{"label": "b", "score": 0.75}, {"label": "c", "score": 0.25}]


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (Client(), LABELS),
        (Client(python=(2, 4, 0)), LABELS),
        (Client(python=(1, 1, 4)), OUTPUT),
        (Client(javascript=(4, 5, 0)), LABELS),
        (Client(javascript=(4, 4, 0)), [OUTPUT]),
    ],
)
def test_labels_as_each_client_reads_them(client: Client, expected: Any) -> None:
    assert orjson.loads(ZERO_SHOT_CLASSIFICATION.output.encode([OUTPUT], client, many=False).body) == expected
