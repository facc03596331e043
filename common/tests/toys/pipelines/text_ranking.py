"""The text that shares most letters with the query comes first; serves on the weights of feature-extraction."""

from __future__ import annotations

from typing import Any, Self

from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.task import Params
from inference_common.tasks.text import RankedText, RankingInputs


class ToyRanking(Pipeline[RankingInputs, Params, list[RankedText]]):
    def __init__(self, model: ModelSource, device: Device) -> None:
        self.device = "cuda:0"

    def __call__(self, inputs: RankingInputs, params: Params) -> list[RankedText]:
        scores = [float(len(set(text) & set(inputs.query))) for text in inputs.texts]
        order = sorted(range(len(scores)), key=lambda index: -scores[index])
        return [{"index": index, "score": scores[index]} for index in order]

    @classmethod
    def adopt(cls, other: Pipeline[Any, Any, Any]) -> Self | None:
        adopted = cls.__new__(cls)
        adopted.device = other.device
        return adopted
