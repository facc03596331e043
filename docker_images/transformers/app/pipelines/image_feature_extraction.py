"""image-feature-extraction: vectors of an image's patches, or one of the whole."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from inference_common.errors import InvalidRequest
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks.image import Features as Vectors
from inference_common.tasks.image import ImageFeatureExtractionParams
from PIL.Image import Image
from transformers import AutoModel

from ._vision import Features, ImagePipeline


class ImageFeatureExtraction(ImagePipeline[Image, ImageFeatureExtractionParams, Vectors]):
    auto = AutoModel
    of_the_whole = True

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        # Of a model of images and texts (CLIP), the half that looks.
        self.eye = getattr(self.network, "vision_model", self.network)

    def __call__(self, inputs: Image, params: ImageFeatureExtractionParams) -> Vectors:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Image], params: ImageFeatureExtractionParams) -> Sequence[Vectors]:
        def answer(features: Features, places: list[int]) -> list[Vectors]:
            outputs = self.eye(**features)
            vectors = getattr(outputs, "pooler_output", None) if params.pool else outputs[0]
            # The weights of a pooler that are in no file are NaN.
            if vectors is None or (params.pool and bool(vectors.isnan().all())):
                raise InvalidRequest("This model has no pooled vector of the whole image; do not send pool: true")
            return list(vectors.float().cpu().numpy())

        return self.in_groups([self.prepare(image) for image in inputs], answer)
