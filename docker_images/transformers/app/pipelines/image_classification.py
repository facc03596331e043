"""image-classification: labels of a whole image."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from inference_common.tasks.classification import ClassificationParams, Label
from PIL.Image import Image
from transformers import AutoModelForImageClassification

from ._shared import labelled, scores, usual_activation
from ._vision import Features, ImagePipeline

TOP_K = 5


class ImageClassification(ImagePipeline[Image, ClassificationParams, list[Label]]):
    auto = AutoModelForImageClassification
    of_the_whole = True
    outputs = ("logits",)
    side_by_side = True

    def __call__(self, inputs: Image, params: ClassificationParams) -> list[Label]:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Image], params: ClassificationParams) -> Sequence[list[Label]]:
        activation = params.function_to_apply or usual_activation(self.network)

        def answer(features: Features, places: list[int]) -> list[list[Label]]:
            rows = scores(self.network(**features).logits.float(), activation).tolist()
            return [labelled(row, self.network, params.top_k or TOP_K) for row in rows]

        return self.in_groups([self.prepare(image) for image in inputs], answer)
