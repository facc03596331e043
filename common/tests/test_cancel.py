from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import Connect
from inference_common.cancel import Abandoned, abandoned, checkpoint, watched
from inference_common.service import Service
from inference_common.tasks.text import Embedding, FeatureExtractionParams
from toys.pipelines.feature_extraction import ToyFeatures
from toys.waiting import until


def test_outside_a_call_nobody_has_left() -> None:
    assert not abandoned()


def test_a_call_is_told_by_whom_it_is_watched() -> None:
    left = False
    with watched(lambda: left):
        assert not abandoned()
        left = True
        assert abandoned()
    assert not abandoned()


def test_a_pipeline_learns_that_its_callers_have_left(connect: Connect, model_folder: Path) -> None:
    seen: list[bool] = []

    class Patient(ToyFeatures):
        def batch(self, inputs: Sequence[str], params: FeatureExtractionParams) -> Sequence[Embedding]:
            seen.append(abandoned())
            until(abandoned)
            seen.append(abandoned())
            return super().batch(inputs, params)

    client = connect(timeout=0.1)
    service: Service = client.app.state.service  # type: ignore[attr-defined]
    service.models.pinned.pipelines["feature-extraction"].__class__ = Patient  # type: ignore[index]
    assert client.post("/", json={"inputs": "a"}).status_code == 504
    until(lambda: len(seen) == 2)
    assert seen == [False, True]


def test_a_checkpoint_ends_a_call_that_nobody_waits_for_and_else_lets_others_come() -> None:
    came: list[int] = []
    checkpoint()
    with watched(lambda: len(came) > 1, lambda: came.append(1)):
        checkpoint()
        checkpoint()
        with pytest.raises(Abandoned):
            checkpoint()
    checkpoint()
    assert came == [1, 1]
