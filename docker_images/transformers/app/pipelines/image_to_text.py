"""image-to-text: what a network writes of an image: a caption, or the text that is in it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks.decoding import GeneratedText
from inference_common.tasks.multimodal import ImageToTextParams
from PIL.Image import Image
from transformers import AutoModelForImageTextToText

from ._generate import Writer
from ._shared import TextPipeline
from ._vision import Features, ImagePipeline


class ImageToText(
    ImagePipeline[Image, ImageToTextParams, GeneratedText], TextPipeline[Image, ImageToTextParams, GeneratedText]
):
    auto = AutoModelForImageTextToText

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        self.cost_unit = None
        self.writer = Writer(self.network, self.tokenizer.pad_token_id)

    def __call__(self, inputs: Image, params: ImageToTextParams) -> GeneratedText:
        return self.batch([inputs], params)[0]

    def check(self, params: ImageToTextParams) -> None:
        self.writer.refuse_impossible(params.asked)

    def warnings(self, inputs: Sequence[Image], costs: Sequence[int], params: ImageToTextParams) -> Sequence[str]:
        return self.writer.warnings(params.asked)

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Image], params: ImageToTextParams) -> Sequence[GeneratedText]:
        def answer(features: Features, places: list[int]) -> list[GeneratedText]:
            texts = self.tokenizer.batch_decode(self.writer.generate(features, params.asked), skip_special_tokens=True)
            return [{"generated_text": text} for text in texts]

        return self.in_groups([self.prepare(image) for image in inputs], answer)
