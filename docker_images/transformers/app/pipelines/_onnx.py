"""A network of transformers that an ONNX file computes."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from inference_common.onnx.network import OnnxNetwork
from transformers import AutoConfig


def over_file(auto: Any, folder: Path, file: Path, outputs: Sequence[str], side_by_side: bool) -> tuple[Any, int]:
    """The network that `auto` makes of a folder's config, without its weights: its call is the file's; and how many of
    those may run at once.

    So what reads its config, or counts its frames, need not know. Called with tensors by name; what is no tensor, or
    not taken by the file, is left out.
    """
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    with torch.device("meta"):
        network = auto.from_config(config, dtype=torch.float32)
    # Those on "meta" cannot be moved, as the library does time and again; and memory that nobody touches takes none.
    network.to_empty(device="cpu").eval()
    onnx = OnnxNetwork(file, outputs, side_by_side=side_by_side)
    said: Any = namedtuple("said", outputs)  # type: ignore[misc]  # which they are is known as it runs

    def forward(**features: Any) -> Any:
        arrays = {name: value.numpy() for name, value in features.items() if isinstance(value, torch.Tensor)}
        return said(*map(torch.from_numpy, onnx(arrays).values()))

    network.forward = forward
    return network, onnx.lanes
