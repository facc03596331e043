import math

import numpy as np
import pytest
from inference_common.codecs.audio import Audio
from inference_common.comparison import difference, holds_nan


def scored(label: object, score: float) -> dict[str, object]:
    return {"label": label, "score": score}


@pytest.mark.parametrize(
    ("answer", "other", "apart"),
    [
        ([{"label": "a", "score": 0.5}], [{"label": "a", "score": 0.25}], 0.25),
        ([scored("a", 0.5)], [scored("b", 0.5)], 0.5),
        ([{"label": "a"}], [{"label": "b"}], math.inf),
        ([scored("a", 0.5), scored("b", 0.4)], [scored("b", 0.5), scored("a", 0.4)], 0.1),  # nearly equal, in any order
        ([scored("a", 0.5), scored("b", 0.01)], [scored("a", 0.5), scored("c", 0.01)], 0.01),  # the last of many
        ([scored("a", 0.5), scored("a", 0.4)], [scored("a", 0.4), scored("b", 0.5)], math.inf),  # two of the same
        ([scored(0, 0.5), scored(1, 0.5)], [scored(1, 0.5), scored(0, 0.5)], 0.0),
        ([scored([1], 0.5), scored([2], 0.5)], [scored([2], 0.5), scored([1], 0.5)], 1.0),  # by their places alone
        ([1.0, 2.0], [1.0], math.inf),
        ({"a": 1}, {"b": 1}, math.inf),
        (np.array([100.0, 1.0]), np.array([100.0, 2.0]), 0.01),  # of the largest there
        (np.array([0.1]), np.array([0.2]), 0.1),
        (np.zeros((2, 3)), np.zeros((3, 2)), math.inf),
        (np.array([np.nan]), np.array([np.nan]), 0.0),
        (np.array([np.nan]), np.array([1.0]), math.inf),
        (np.zeros((0, 3)), np.zeros((0, 3)), 0.0),
        (np.float32(1.0), 1.5, 0.5),
        (True, False, math.inf),
        ("text", "text", 0.0),
        ("text", None, math.inf),
        ([], [], 0.0),
        (Audio(np.array([0.5], dtype=np.float32), 8), Audio(np.array([0.25], dtype=np.float32), 8), 0.25),
        (Audio(np.zeros(1, dtype=np.float32), 8), Audio(np.zeros(1, dtype=np.float32), 16), 8.0 / 8),
    ],
)
def test_numbers_may_differ_a_little_and_nothing_else_may(answer: object, other: object, apart: float) -> None:
    assert difference(answer, other) == pytest.approx(apart)


@pytest.mark.parametrize(
    ("answer", "holds"),
    [
        (np.array([1.0, np.nan]), True),
        (np.array([1.0, np.inf]), False),
        (np.array([1, 2]), False),
        (np.float32("nan"), True),
        ([{"label": "a", "score": math.nan}], True),
        ([{"label": "a", "score": 0.5}, ("b", None, True)], False),
        (Audio(np.array([np.nan], dtype=np.float32), 8), True),
    ],
)
def test_nan_is_found_wherever_it_is(answer: object, holds: bool) -> None:
    assert holds_nan(answer) is holds
