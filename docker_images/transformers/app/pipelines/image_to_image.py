"""image-to-image: the same picture in more pixels, or with fewer faults."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from inference_common.errors import TooLarge
from inference_common.module_memory import largest_output
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks.image_generation import ImageToImageParams
from PIL import Image
from transformers import AutoModelForImageToImage

from ._memory import drawing
from ._vision import Features, ImagePipeline

MOST_PIXELS = 1_000_000
"""Of an input: the network holds hundreds of numbers for each, and gives up to 16 pixels for it."""

MEASURED_SIDE = 64  # pixels of a black picture, by which the network's memory is measured
LIVE_OUTPUTS = 9  # of the size of the largest, at a call's peak: a Swin2SR of the usual width was seen to take 8 to 8.9


class ImageToImage(ImagePipeline[Image.Image, ImageToImageParams, Image.Image]):
    """Prompts and steps are for models that draw anew, and say nothing to these; they are let pass."""

    auto = AutoModelForImageToImage

    max_batch_size = 4

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        self._bytes_a_pixel = 0.0
        if self.device == "cpu":
            picture = self.prepare(Image.new("RGB", (MEASURED_SIDE, MEASURED_SIDE)))
            with torch.inference_mode():
                found = largest_output(self.network, lambda: self.network(**picture))
            self._bytes_a_pixel = LIVE_OUTPUTS * found / MEASURED_SIDE**2

    def memory(self, costs: Sequence[int], params: ImageToImageParams) -> int:
        images = min(len(costs), self.max_batch_size)
        return drawing(images * min(MOST_PIXELS, max(costs)) * self._bytes_a_pixel)

    def __call__(self, inputs: Image.Image, params: ImageToImageParams) -> Image.Image:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Image.Image], params: ImageToImageParams) -> Sequence[Image.Image]:
        if any(image.width * image.height > MOST_PIXELS for image in inputs):
            raise TooLarge(f"This model takes images of at most {MOST_PIXELS:,} pixels; send a smaller one")

        def answer(features: Features, places: list[int]) -> list[Image.Image]:
            padded = features["pixel_values"].shape[-1]
            drawn = self.network(**features).reconstruction.float().clamp(0, 1).cpu().numpy()
            scale = drawn.shape[-1] // padded
            return [
                _picture(one[:, : inputs[place].height * scale, : inputs[place].width * scale])
                for one, place in zip(drawn, places, strict=True)
            ]

        made = self.in_groups([self.prepare(image) for image in inputs], answer)
        size = params.size
        return made if size is None else [image.resize(size, Image.Resampling.LANCZOS) for image in made]

    def cost(self, inputs: Image.Image) -> int:
        return inputs.width * inputs.height


def _picture(pixels: np.ndarray) -> Image.Image:
    """Of float32 (channels, height, width) in 0 to 1; one channel is gray."""
    return Image.fromarray((np.moveaxis(pixels, 0, -1) * 255).round().astype(np.uint8).squeeze())
