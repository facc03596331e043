"""A vector for each character of a text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.tasks.text import Embedding, FeatureExtractionParams

WIDTH = 768


class Letters(Pipeline[str, FeatureExtractionParams, Embedding]):
    max_batch_size = 32
    cost_unit = "tokens"

    def __init__(self, model: ModelSource, device: Device) -> None:
        self._tells = not (model.path() / "silent").is_file()

    def __call__(self, inputs: str, params: FeatureExtractionParams) -> Embedding:
        return np.full((1, len(inputs), WIDTH), 0.123456, np.float32)

    def cost(self, inputs: str) -> int:
        return len(inputs)

    def memory(self, costs: Sequence[int], params: FeatureExtractionParams) -> int:
        return sum(costs) * WIDTH * 16 if self._tells else 0
