"""A sentence is as similar as it is long."""

from __future__ import annotations

from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.task import Params
from inference_common.tasks.text import SimilarityInputs


class ToySimilarity(Pipeline[SimilarityInputs, Params, list[float]]):
    def __init__(self, model: ModelSource, device: Device) -> None:
        pass

    def __call__(self, inputs: SimilarityInputs, params: Params) -> list[float]:
        return [float(len(sentence)) for sentence in inputs.sentences]
