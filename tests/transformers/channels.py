"""Writes a tiny network of so many channels, and what the library makes of images with it.

`python channels.py KIND FOLDER CHANNELS IMAGE...`, in transformers's environment; the numbers of each image go to
stdout, as JSON, or why the network is not loaded by our pipeline.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from inference_common.discover import discover
from inference_common.source import FolderSource
from PIL import Image
from tiny.vision import LABELS, SIZE, TRANSFORMER, VIT, awake  # type: ignore[import-not-found]  # where it runs
from transformers import (
    CLIPImageProcessorPil,
    CLIPVisionConfig,
    CLIPVisionModel,
    SegformerConfig,
    SegformerForImageClassification,
    SegformerImageProcessorPil,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessorPil,
)

MODES = {1: "L", 2: "LA", 4: "RGBA"}


def vit(channels: int) -> tuple[Any, Any]:
    network = ViTForImageClassification(ViTConfig(**VIT, **LABELS, num_channels=channels))
    return network, ViTImageProcessorPil(size=SIZE, image_mean=levels(0.3, channels), image_std=levels(0.2, channels))


def segformer(channels: int) -> tuple[Any, Any]:
    sizes = {
        "hidden_sizes": [8, 8, 16, 16],
        "depths": [1] * 4,
        "num_attention_heads": [1] * 4,
        "decoder_hidden_size": 16,
    }
    network = SegformerForImageClassification(SegformerConfig(num_channels=channels, **sizes, **LABELS))
    mean, std = levels(0.3, channels), levels(0.2, channels)
    return network, SegformerImageProcessorPil(size=SIZE, image_mean=mean, image_std=std)


def vit_of_three(channels: int) -> tuple[Any, Any]:
    """Its processor is the usual one, of three channels that are alike."""
    return vit(channels)[0], ViTImageProcessorPil(size=SIZE)


def vit_of_other(channels: int) -> tuple[Any, Any]:
    """Its processor is of three channels that differ."""
    return vit(channels)[0], ViTImageProcessorPil(size=SIZE, image_mean=[0.1, 0.2, 0.3])


def clip(channels: int) -> tuple[Any, Any]:
    """Its processor makes RGB of everything."""
    network = CLIPVisionModel(CLIPVisionConfig(**TRANSFORMER, image_size=32, patch_size=8, num_channels=channels))
    return network, CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=SIZE, image_mean=[0.3], image_std=[0.2])


def levels(first: float, channels: int) -> list[float]:
    return [first + 0.1 * n for n in range(channels)]


def numbers(network: Any, processor: Any, channels: int, image: str) -> list[float]:
    if len(processor.image_mean) != channels:
        processor.image_mean = processor.image_mean[:channels]
        processor.image_std = processor.image_std[:channels]
    pixels = processor([Image.open(image).convert(MODES[channels])], do_convert_rgb=False, return_tensors="pt")
    with torch.inference_mode():
        said = network(**pixels)
    if hasattr(said, "logits"):
        return said.logits[0].softmax(-1).tolist()  # type: ignore[no-any-return]
    return said.pooler_output[0].tolist()  # type: ignore[no-any-return]


def refusal(folder: Path) -> str:
    try:
        discover("app.pipelines").load("image-classification")(FolderSource(folder), "cpu")
    except TypeError as error:
        return str(error)
    return ""


kind, folder, channels, images = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
torch.manual_seed(0)
network, processor = globals()[kind](channels)
awake(network).save_pretrained(folder)
processor.save_pretrained(folder)
told = [numbers(network, processor, channels, image) for image in images] if images else refusal(folder)
json.dump(told, sys.stdout)
