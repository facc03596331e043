"""image-feature-extraction: a vector of each place of an image, or one of the whole."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from inference_common.tasks.image import Features, ImageFeatureExtractionParams
from PIL.Image import Image

from ._shared import ImagePipeline


class ImageFeatureExtraction(ImagePipeline[ImageFeatureExtractionParams, Features]):
    also = ("image-classification",)

    def __call__(self, inputs: Image, params: ImageFeatureExtractionParams) -> Features:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Image], params: ImageFeatureExtractionParams) -> Sequence[Features]:
        seen = self.network(self.prepare(inputs))
        if params.pool is not False:
            vectors = seen.pooled
        elif seen.features.ndim == 4:  # a convolution's, by channel, row and column: places first
            vectors = seen.features.flatten(2).transpose(1, 2)
        else:
            vectors = seen.features
        return list(vectors.float().cpu().numpy())
