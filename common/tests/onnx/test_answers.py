"""Whole answers over a file are compared, for every task that shares the weights, and for what a pipeline adds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from inference_common.errors import InvalidRequest
from inference_common.onnx.answers import differing_answer
from inference_common.onnx.search import current
from inference_common.source import FolderSource, ModelSource
from inference_common.tasks.text import FeatureExtractionParams, RankedText
from toys.pipelines.feature_extraction import ToyFeatures
from toys.pipelines.text_ranking import ToyRanking

NAME = f"{ToyFeatures.__module__}:{ToyFeatures.__qualname__}"
FILE = Path("model.onnx")


class Fast(ToyFeatures):
    """The toy over a file; `off` is how far its numbers are from the toy's, for what `is_off` takes."""

    off = 0.0

    def is_off(self, inputs: Sequence[str], params: FeatureExtractionParams) -> bool:
        return True

    def batch(self, inputs: Sequence[str], params: FeatureExtractionParams) -> Any:
        off = self.off if self.is_off(inputs, params) else 0.0
        return [answer + off for answer in super().batch(inputs, params)]


def compare(monkeypatch: pytest.MonkeyPatch, folder: Path, kind: type[Fast]) -> str:
    """What differs where the toy's form over a file is of this kind."""
    files: list[Path | None] = []

    def optimized(cls: type[ToyFeatures], model: ModelSource, mode: str) -> ToyFeatures:
        files.append(current().file)
        return kind(model, "cpu")

    monkeypatch.setattr(ToyFeatures, "optimized", classmethod(optimized))
    differs = differing_answer(NAME, FolderSource(folder), FILE)
    assert files == [FILE]
    return differs


@pytest.mark.parametrize(("off", "reason"), [
    (0.0, ""), (1e-6, ""), (0.5, "an answer of feature-extraction is off by"),
])  # fmt: skip
def test_an_answer_that_differs_is_told(
    monkeypatch: pytest.MonkeyPatch, model_folder: Path, off: float, reason: str
) -> None:
    differs = compare(monkeypatch, model_folder, type("Off", (Fast,), {"off": off}))
    assert differs.startswith(reason)
    assert bool(differs) == bool(reason)


def test_calls_that_a_pipeline_adds_are_compared(monkeypatch: pytest.MonkeyPatch, model_folder: Path) -> None:
    def comparisons(self: ToyFeatures) -> Iterator[tuple[Sequence[str], FeatureExtractionParams]]:
        yield ["a rare text"], FeatureExtractionParams()

    class OffForRare(Fast):
        off = 1.0

        def is_off(self, inputs: Sequence[str], params: FeatureExtractionParams) -> bool:
            return "a rare text" in inputs

    assert compare(monkeypatch, model_folder, OffForRare) == ""
    monkeypatch.setattr(ToyFeatures, "comparisons", comparisons)
    assert "feature-extraction is off by" in compare(monkeypatch, model_folder, OffForRare)


def test_a_failure_and_a_refusal_over_the_file_are_told(monkeypatch: pytest.MonkeyPatch, model_folder: Path) -> None:
    class Failing(Fast):
        def batch(self, inputs: Sequence[str], params: FeatureExtractionParams) -> Any:
            raise ValueError("no kernel for this shape")

    class Refusing(Fast):
        def check(self, params: FeatureExtractionParams) -> None:
            raise InvalidRequest("there is no such prompt")

    failing, refusing = (compare(monkeypatch, model_folder, kind) for kind in (Failing, Refusing))
    assert failing == "feature-extraction fails over the file: ValueError: no kernel for this shape"
    assert "there is no such prompt" in refusing


def test_other_tasks_of_the_weights_are_compared(monkeypatch: pytest.MonkeyPatch, model_folder: Path) -> None:
    class OnFile(Fast):
        device = "of the file"  # which a toy that shares the weights takes over

    batch = ToyRanking.batch

    def off(self: ToyRanking, *arguments: Any) -> Sequence[list[RankedText]]:
        answers = batch(self, *arguments)
        if self.device != OnFile.device:
            return answers
        return [[{**one, "score": one["score"] + 1} for one in answer] for answer in answers]

    monkeypatch.setattr(ToyRanking, "batch", off)
    assert "text-ranking is off by" in compare(monkeypatch, model_folder, OnFile)
