"""A model is ready only once it has answered an example, all the way that a request goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Connect
from inference_common.batcher import Batcher
from inference_common.errors import InvalidRequest, LoadFailed
from inference_common.metrics import Metrics
from inference_common.pipeline import Pipeline
from inference_common.settings import Settings
from inference_common.task import Params
from inference_common.tasks.text import Embedding, FeatureExtractionParams
from inference_common.warmup import WarmUp
from inference_common.worker import ModelThread


class Embeds(Pipeline[str, FeatureExtractionParams, Embedding]):
    """Answers each text by one number."""

    def __init__(self) -> None:
        self.device = "cpu"

    def __call__(self, inputs: str, params: FeatureExtractionParams) -> Embedding:
        return np.ones(1, dtype=np.float32)


class FailsToPreprocess(Embeds):
    def preprocess(self, inputs: str) -> str:
        raise ValueError("at this step")


class FailsToCount(Embeds):
    def cost(self, inputs: str) -> int:
        return int(float("inf"))


class FailsToForesee(Embeds):
    def memory(self, costs: Sequence[int], params: FeatureExtractionParams) -> int:
        raise ValueError("at this step")


class FailsToAnswer(Embeds):
    def __call__(self, inputs: str, params: FeatureExtractionParams) -> Embedding:
        raise ValueError("at this step")


class AnswersWhatIsNoJson(Embeds):
    def __call__(self, inputs: str, params: FeatureExtractionParams) -> Embedding:
        return object()  # type: ignore[return-value]


class AnswersByNan(Embeds):
    def __call__(self, inputs: str, params: FeatureExtractionParams) -> Embedding:
        return np.array([1.0, np.nan], dtype=np.float32)


class Refuses(Embeds):
    def check(self, params: FeatureExtractionParams) -> None:
        raise InvalidRequest("This model wants a prompt; send prompt_name")


class Counts(Embeds):
    max_batch_size = 4

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def batch(self, inputs: Sequence[str], params: FeatureExtractionParams) -> Sequence[Embedding]:
        self.calls += 1
        return super().batch(inputs, params)


@pytest.fixture
def batcher() -> Iterator[Batcher]:
    thread = ModelThread()
    yield Batcher(thread, Metrics().of_model("toy"), max_queue=8, max_batch_size=8)
    thread.stop()


def warm_up(pipeline: Pipeline[str, Any, Embedding], batcher: Batcher, **options: Any) -> None:
    WarmUp("toy", "feature-extraction", pipeline, Settings().limits, **options).run(batcher)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (FailsToPreprocess, "at this step"),
        (FailsToCount, "infinity"),
        (FailsToForesee, "at this step"),
        (FailsToAnswer, "at this step"),
        (AnswersWhatIsNoJson, "JSON"),
        (AnswersByNan, "NaN"),
    ],
)
def test_a_failure_at_any_step_of_a_request_fails_the_load(kind: type[Embeds], reason: str, batcher: Batcher) -> None:
    with pytest.raises(LoadFailed, match=r"toy .* example of feature-extraction") as caught:
        warm_up(kind(), batcher)
    assert reason in str(caught.value)


def test_a_model_that_refuses_the_plain_example_may_serve(batcher: Batcher) -> None:
    warm_up(Refuses(), batcher)


def test_the_card_s_parameters_are_the_example_s_too(batcher: Batcher) -> None:
    seen: list[Params] = []

    class Sees(Embeds):
        def check(self, params: FeatureExtractionParams) -> None:
            seen.append(params)

    warm_up(Sees(), batcher, defaults={"dimensions": 3})
    assert seen == [FeatureExtractionParams(dimensions=3)]


def test_of_tasks_that_share_weights_the_first_alone_is_measured(batcher: Batcher) -> None:
    first, other = Counts(), Counts()
    warm_up(first, batcher)
    warm_up(other, batcher, is_first=False)
    assert first.calls > other.calls == 1


def test_a_server_is_not_ready_with_a_model_that_answers_by_nan(connect: Connect, model_folder: Path) -> None:
    (model_folder / "factor").write_text("nan")
    client = connect()
    assert client.get("/ready").status_code == 503
    assert "NaN" in client.get("/ready").json()["error"]
    answer = client.post("/", json={"inputs": "a"})
    assert answer.status_code == 500
    assert "NaN" in answer.json()["error"]
