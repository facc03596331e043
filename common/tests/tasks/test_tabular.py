import pytest
from inference_common.client import Client
from inference_common.tasks.tabular import TABULAR_CLASSIFICATION, TABULAR_REGRESSION, RowLabel

JAVASCRIPT = Client(javascript=(4, 13))


@pytest.mark.parametrize(
    ("labels", "python", "javascript"),
    [
        (["5", "6.5"], b'["5","6.5"]', b"[5,6.5]"),
        (["good", "5"], b'["good","5"]', b'["good","5"]'),
        (["007", "5"], b'["007","5"]', b'["007","5"]'),
        (["-1", "1e9"], b'["-1","1e9"]', b'["-1","1e9"]'),
        ([1, 2], b"[1,2]", b"[1,2]"),
    ],
)
def test_javascript_gets_numbers_where_labels_read_as_such(
    labels: list[RowLabel], python: bytes, javascript: bytes
) -> None:
    output = TABULAR_CLASSIFICATION.output
    assert output.encode([labels], Client(), many=False).body == python
    assert output.encode([labels], JAVASCRIPT, many=False).body == javascript


def test_numbers_are_numbers() -> None:
    assert TABULAR_REGRESSION.output.encode([[1.5, 2.0]], Client(), many=False).body == b"[1.5,2.0]"
