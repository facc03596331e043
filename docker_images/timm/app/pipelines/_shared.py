"""What the tasks of timm share: one network, with the preparation that its own config says."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Generic, Self

import torch
from inference_common.codecs.image import mode_of
from inference_common.device import weights_dtype
from inference_common.onnx.examples import PICTURES, batches
from inference_common.onnx.store import Wanted, network_file
from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource, Optimize
from inference_common.task import Out, P
from PIL.Image import Image, fromarray

from ._networks import FileNetwork, Network, Seen, TorchNetwork, config_of, library

WANTED = Wanted(f"{__package__}.image_feature_extraction:ImageFeatureExtraction", Seen._fields)
"""The one ONNX file that serves every task."""


class ImagePipeline(Pipeline[Image, P, Out], Generic[P, Out]):
    """A pipeline over one network; every task of a model shares its weights."""

    max_batch_size = 16

    def __init__(self, model: ModelSource, device: Device) -> None:
        network = TorchNetwork(model.path()).to(device, weights_dtype(device)).eval()
        self._use(network, config_of(model.path()), device)

    def _use(self, network: Network, config: Mapping[str, Any], device: Device) -> None:
        self.network, self.lanes, self.config, self.device = network, network.lanes, config, device
        self.dtype = str(network.dtype).removeprefix("torch.")
        shape = data_config(config)
        self.image_mode = mode_of(shape["input_size"][0])
        self.side = math.ceil(max(shape["input_size"][1:]) / shape["crop_pct"])
        self.transform: Any = library.data.create_transform(**shape, is_training=False)

    def prepare(self, images: Sequence[Image]) -> torch.Tensor:
        """Of shape (images, channels, height, width): all as the network's config sizes them, in its type."""
        return torch.stack([self.transform(image) for image in images]).to(self.device, self.network.dtype)

    def examples(self) -> Sequence[Mapping[str, torch.Tensor]]:
        """What an ONNX file is held to the network by."""
        return [{"pixels": self.prepare([self._picture(levels) for levels in some])} for some in batches(PICTURES)]

    def _picture(self, levels: Any) -> Image:
        return fromarray(levels).convert(self.image_mode)

    @classmethod
    def optimized(cls, model: ModelSource, mode: Optimize) -> Self | None:
        file = network_file(model, WANTED, mode)
        return None if file is None else cls._over(FileNetwork(file), config_of(model.path()), "cpu", is_optimized=True)

    @classmethod
    def adopt(cls, other: Pipeline[Any, Any, Any]) -> Self | None:
        if not isinstance(other, ImagePipeline):
            return None
        return cls._over(other.network, other.config, other.device, is_optimized=other.is_optimized)

    @classmethod
    def _over(cls, network: Network, config: Mapping[str, Any], device: Device, *, is_optimized: bool) -> Self:
        made = cls.__new__(cls)
        made.is_optimized = is_optimized
        made._use(network, config, device)
        return made


def data_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """How the network's config prepares images. A mean or deviation of other channels than the network's becomes its
    average, as the library does where it is told the network."""
    shape: dict[str, Any] = library.data.resolve_data_config({}, pretrained_cfg=config)
    for name in ("mean", "std"):
        levels = shape[name]
        if len(levels) not in (1, shape["input_size"][0]):
            shape[name] = (sum(levels) / len(levels),)
    return shape
