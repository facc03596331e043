"""depth-estimation: how far each pixel is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from inference_common.task import Params
from inference_common.tasks.image import DepthMap
from PIL import Image
from transformers import AutoModelForDepthEstimation

from ._memory import drawing
from ._vision import Features, ImagePipeline, sizes

# Of each pixel; the peak of drawing maps of 4 and 16 million was seen to be 12.2 to 12.8 of both together:
DRAWING_BYTES, MAP_BYTES = 8, 5  # while one map is drawn; and of each that is, in floats and in gray


class DepthEstimation(ImagePipeline[Image.Image, Params, DepthMap]):
    auto = AutoModelForDepthEstimation

    def __call__(self, inputs: Image.Image, params: Params) -> DepthMap:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Image.Image], params: Params) -> Sequence[DepthMap]:
        def answer(features: Features, places: list[int]) -> list[DepthMap]:
            outputs = self.network(**features)
            found = self.processor.post_process_depth_estimation(outputs, sizes(inputs, places))
            return [_map(one["predicted_depth"].float().cpu().numpy()) for one in found]

        return self.in_groups([self.prepare(image) for image in inputs], answer)

    def cost(self, inputs: Image.Image) -> int:
        return inputs.width * inputs.height

    def memory(self, costs: Sequence[int], params: Params) -> int:
        return drawing(max(costs) * DRAWING_BYTES) + sum(costs) * MAP_BYTES


def _map(depth: npt.NDArray[np.float32]) -> DepthMap:
    span = float(np.ptp(depth)) or 1.0  # the same depth everywhere is all 0
    gray = ((depth - depth.min()) / span * 255).astype(np.uint8)
    return {"predicted_depth": depth, "depth": Image.fromarray(gray)}
