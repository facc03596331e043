"""A network of timm, in whichever form it is run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import timm
import torch

library: Any = timm
"""The library, as its types say nothing."""


class Seen(NamedTuple):
    """All that the tasks read of a network: the features of each place, those pooled into one vector, and what its
    classifier makes of that (the vector itself, where there is none)."""

    features: torch.Tensor
    pooled: torch.Tensor
    logits: torch.Tensor


See = Callable[[torch.Tensor], Seen]
"""From float32 of shape (images, channels, height, width)."""


class TorchNetwork(torch.nn.Module):
    """A network as the library runs it, of a folder in its Hub layout."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.network = library.create_model(f"local-dir:{folder}", pretrained=True)

    def forward(self, pixels: torch.Tensor) -> Seen:
        features, head = self.network.forward_features(pixels), self.network.forward_head
        return Seen(features, head(features, pre_logits=True), head(features))


def over_file(file: Path) -> See:
    """The network that an ONNX file of it computes."""
    from inference_common.onnx.network import OnnxNetwork  # whoever runs no file need not wait for its runtime

    onnx = OnnxNetwork(file, Seen._fields)

    def see(pixels: torch.Tensor) -> Seen:
        return Seen(*map(torch.from_numpy, onnx({"pixels": pixels.numpy()}).values()))

    return see


def config_of(folder: Path) -> dict[str, Any]:
    """What the library knows of a folder's network before it makes it: `num_classes`, `input_size`, ..."""
    config: dict[str, Any] = library.models.resolve_model_input_args(f"local-dir:{folder}")["pretrained_cfg"]
    return config
