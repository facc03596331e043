import dataclasses
from typing import Any

import numpy as np
import pytest
from inference_common.light import FEW_VALUES, SHORT_BODY, SMALL_BODY, is_light_to_read, is_light_to_write
from inference_common.source import FolderSource
from inference_common.task import Task
from inference_common.tasks import TASKS
from toys.pipelines.feature_extraction import ToyFeatures
from toys.pipelines.text_ranking import ToyRanking

TEXT, IMAGE = TASKS["text-ranking"], TASKS["image-classification"]


@dataclasses.dataclass
class Unknown:
    value: bytes


@pytest.mark.parametrize(
    ("size", "task", "light"),
    [(SMALL_BODY, TEXT, True), (SMALL_BODY + 1, TEXT, False), (10, IMAGE, False)],
)
def test_little_text_is_light_to_read(size: int, task: Task[Any, Any, Any], light: bool) -> None:
    pipeline = ToyRanking.__new__(ToyRanking)
    assert is_light_to_read(b" " * size, task.input, pipeline) is light


def test_what_the_model_tells_the_cost_of_must_be_shorter(tmp_path: Any) -> None:
    toy = ToyFeatures(FolderSource(tmp_path), "cpu")
    assert is_light_to_read(b" " * SHORT_BODY, TEXT.input, toy)
    assert not is_light_to_read(b" " * (SHORT_BODY + 1), TEXT.input, toy)


@pytest.mark.parametrize(
    ("outputs", "light"),
    [
        ([[{"label": "a", "score": 0.5}]], True),
        ([np.zeros(FEW_VALUES)], True),
        ([np.zeros(FEW_VALUES + 1)], False),
        ([np.float32(1), None, True], True),
        ([{"text": "a" * 64 * FEW_VALUES}], False),
        ([[0.0] * FEW_VALUES, [0.0]], False),
        ([Unknown(b"any")], False),
    ],
)
def test_a_few_plain_values_are_light_to_write(outputs: object, light: bool) -> None:
    assert is_light_to_write(outputs) is light
