"""Tiny models that look at images."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import (
    DPTConfig,
    DPTForDepthEstimation,
    DPTImageProcessorPil,
    PreTrainedModel,
    Swin2SRConfig,
    Swin2SRForImageSuperResolution,
    Swin2SRImageProcessorPil,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessorPil,
    ViTModel,
)

from ._shared import card

SIZE = {"height": 32, "width": 32}
NAMES = ["house", "cat", "dog", "car", "tree", "boat", "sun"]
LABELS = {"id2label": dict(enumerate(NAMES)), "label2id": {name: n for n, name in enumerate(NAMES)}}
"""More than the five that are answered when nobody says how many."""
TRANSFORMER = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "initializer_range": 0.3,  # far enough from zero that different images get visibly different numbers
}
VIT = {**TRANSFORMER, "image_size": 32, "patch_size": 8}


def awake(network: PreTrainedModel) -> PreTrainedModel:
    """The network with what starts at zero (tokens, biases) set to chance, or its answers would be all alike."""
    for parameter in network.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.3)
    return network.eval()


def image_classification(folder: Path) -> None:
    """A ViT with seven labels."""
    torch.manual_seed(0)
    awake(ViTForImageClassification(ViTConfig(**VIT, **LABELS))).save_pretrained(folder)
    ViTImageProcessorPil(size=SIZE).save_pretrained(folder)
    card(folder, "image-classification")


def image_feature_extraction(folder: Path) -> None:
    """A ViT with a pooler: 17 vectors of 32 dimensions."""
    torch.manual_seed(0)
    awake(ViTModel(ViTConfig(**VIT))).save_pretrained(folder)
    ViTImageProcessorPil(size=SIZE).save_pretrained(folder)
    card(folder, "image-feature-extraction")


def depth_estimation(folder: Path) -> None:
    """A DPT without a backbone of its own."""
    torch.manual_seed(0)
    config = DPTConfig(
        **{**VIT, "num_hidden_layers": 4},
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 16, 16],
        fusion_hidden_size=16,
        is_hybrid=False,
    )
    awake(DPTForDepthEstimation(config)).save_pretrained(folder)
    DPTImageProcessorPil(size=SIZE).save_pretrained(folder)
    card(folder, "depth-estimation")


def image_to_image(folder: Path) -> None:
    """A Swin2SR that doubles the sides of an image."""
    torch.manual_seed(0)
    config = Swin2SRConfig(
        image_size=16, embed_dim=12, depths=[1, 1], num_heads=[2, 2], window_size=4, upscale=2,
        upsampler="pixelshuffledirect", initializer_range=0.3,
    )  # fmt: skip
    awake(Swin2SRForImageSuperResolution(config)).save_pretrained(folder)
    Swin2SRImageProcessorPil().save_pretrained(folder)
    card(folder, "image-to-image")
