"""An image is as good as it is wide; it takes a while to see that."""

from __future__ import annotations

import time

from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.tasks.classification import ClassificationParams, Label
from PIL.Image import Image

SECONDS = 0.2


class Wide(Pipeline[Image, ClassificationParams, list[Label]]):
    def __init__(self, model: ModelSource, device: Device) -> None:
        pass

    def __call__(self, inputs: Image, params: ClassificationParams) -> list[Label]:
        time.sleep(SECONDS)
        return [{"label": f"{inputs.width} pixels", "score": 1.0}]
