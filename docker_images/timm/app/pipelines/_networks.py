"""A network of timm, in whichever form it is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, Protocol

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


class Network(Protocol):
    """`lanes` is how many calls may run at once, `dtype` the type that it reads pixels in."""

    @property
    def lanes(self) -> int: ...
    @property
    def dtype(self) -> torch.dtype: ...
    def __call__(self, pixels: torch.Tensor) -> Seen:
        """From pixels of shape (images, channels, height, width)."""
        ...


class TorchNetwork(torch.nn.Module):
    """A network as the library runs it, of a folder in its Hub layout."""

    lanes = 1

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.network = library.create_model(f"local-dir:{folder}", pretrained=True)

    @property
    def dtype(self) -> torch.dtype:
        """Of its weights, all alike."""
        first: torch.Tensor = next(self.parameters())
        return first.dtype

    def forward(self, pixels: torch.Tensor) -> Seen:
        features, head = self.network.forward_features(pixels), self.network.forward_head
        return Seen(features, head(features, pre_logits=True), head(features))


class FileNetwork:
    """The network that an ONNX file of it computes."""

    dtype = torch.float32

    def __init__(self, file: Path) -> None:
        from inference_common.onnx.network import OnnxNetwork  # whoever runs no file need not wait for its runtime

        self._network = OnnxNetwork(file, Seen._fields, side_by_side=True)
        self.lanes = self._network.lanes

    def __call__(self, pixels: torch.Tensor) -> Seen:
        return Seen(*map(torch.from_numpy, self._network({"pixels": pixels.numpy()}).values()))


def config_of(folder: Path) -> dict[str, Any]:
    """What the library knows of a folder's network before it makes it: `num_classes`, `input_size`, ...; the latter
    begins with the channels that the network has."""
    arguments = library.models.resolve_model_input_args(f"local-dir:{folder}")
    config: dict[str, Any] = arguments["pretrained_cfg"]
    channels, *size = config["input_size"]
    return {**config, "input_size": (arguments.get("in_chans", channels), *size)}
