"""text-classification without a model: what remains is what serving costs."""

from __future__ import annotations

from collections.abc import Sequence

from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.tasks.classification import ClassificationParams, Label


class Nothing(Pipeline[str, ClassificationParams, list[Label]]):
    max_batch_size = 32

    def __init__(self, model: ModelSource, device: Device) -> None:
        pass

    def __call__(self, inputs: str, params: ClassificationParams) -> list[Label]:
        return [{"label": "nothing", "score": 1.0}]

    def batch(self, inputs: Sequence[str], params: ClassificationParams) -> Sequence[list[Label]]:
        return [self(one, params) for one in inputs]
