"""How far answers are from each other, for the comparison of a GPU with a CPU."""

import math
from typing import Any

import pytest

from scripts.gpu.compare import distance


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0),
        ([3.0, 4.5], [3.0, 4.0], 0.1),
        ([[1, 0]], [[1, 0]], 0.0),
        ([1.0], [1.0, 2.0], math.inf),
        ({"text": "a b"}, {"text": "a b"}, 0.0),
        ({"text": "a b"}, {"text": "a c"}, math.inf),
        ({"seed": 1, "score": 2.0}, {"seed": 2, "score": 2.0}, 0.0),
        (
            [[{"label": "b", "score": 0.6}, {"label": "a", "score": 0.4}]],
            [[{"label": "a", "score": 0.4}, {"label": "b", "score": 0.6}]],
            0.0,
        ),
        ([None, 1.0], [None, 1.0], 0.0),
        ([None], [1.0], math.inf),
    ],
)
def test_the_distance_of_answers(ours: Any, theirs: Any, expected: float) -> None:
    assert distance(ours, theirs) == pytest.approx(expected)


def test_what_is_no_number_is_never_near() -> None:
    assert not distance([math.nan], [1.0]) <= 1e-2
