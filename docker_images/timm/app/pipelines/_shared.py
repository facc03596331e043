"""The models of timm: loaded from a folder in its Hub layout, with the preparation that their own config says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Self

import timm
import torch
from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.task import Out, P
from PIL.Image import Image

library: Any = timm
"""The library, as its types say nothing."""


class ImagePipeline(Pipeline[Image, P, Out], Generic[P, Out]):
    """A pipeline over one network; every task of a model shares its weights."""

    max_batch_size = 16

    def __init__(self, model: ModelSource, device: Device) -> None:
        found = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
        network = library.create_model(f"local-dir:{model.path()}", pretrained=True)
        self._use(network.to(found if device == "auto" else device).eval())

    def _use(self, network: Any) -> None:
        self.network = network
        self.device = str(next(network.parameters()).device)
        config = library.data.resolve_model_data_config(network)
        self.transform: Any = library.data.create_transform(**config, is_training=False)

    def prepare(self, images: Sequence[Image]) -> torch.Tensor:
        """float32 of shape (images, channels, height, width): all as the network's config sizes them."""
        return torch.stack([self.transform(image) for image in images]).to(self.device)

    @classmethod
    def adopt(cls, other: Pipeline[Any, Any, Any]) -> Self | None:
        if not isinstance(other, ImagePipeline):
            return None
        adopted = cls.__new__(cls)
        adopted._use(other.network)
        return adopted
