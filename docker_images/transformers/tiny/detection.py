"""Tiny models that find things in images."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import (
    DetrConfig,
    DetrForObjectDetection,
    DetrForSegmentation,
    DetrImageProcessorPil,
    ResNetConfig,
    YolosConfig,
    YolosForObjectDetection,
    YolosImageProcessorPil,
)

from ._shared import card
from .vision import LABELS, VIT, awake

SIDES = {"shortest_edge": 32, "longest_edge": 64}


def object_detection(folder: Path) -> None:
    """A YOLOS with ten boxes."""
    torch.manual_seed(0)
    config = YolosConfig(**{**VIT, "image_size": [32, 48]}, num_detection_tokens=10, **LABELS)
    awake(YolosForObjectDetection(config)).save_pretrained(folder)
    YolosImageProcessorPil(size=SIDES).save_pretrained(folder)
    card(folder, "object-detection")


def detr(folder: Path) -> None:
    """A DETR for object-detection, which masks what is padded."""
    torch.manual_seed(0)
    network = awake(DetrForObjectDetection(_detr()))
    torch.nn.init.normal_(network.model.query_position_embeddings.weight, std=3)
    torch.nn.init.normal_(network.class_labels_classifier.weight, std=3)
    network.save_pretrained(folder)
    DetrImageProcessorPil(size=SIDES).save_pretrained(folder)
    card(folder, "object-detection")


def detr_panoptic(folder: Path) -> None:
    """A DETR for image-segmentation."""
    torch.manual_seed(0)
    network = awake(DetrForSegmentation(_detr()))
    torch.nn.init.normal_(network.detr.model.query_position_embeddings.weight, std=3)
    torch.nn.init.normal_(network.detr.class_labels_classifier.weight, std=3)  # some boxes are sure of themselves
    network.save_pretrained(folder)
    DetrImageProcessorPil(size=SIDES).save_pretrained(folder)
    card(folder, "image-segmentation")


def _detr() -> DetrConfig:
    backbone = ResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 8, 16, 16],
        depths=[1, 1, 1, 1],
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )
    return DetrConfig(
        use_timm_backbone=False,
        use_pretrained_backbone=False,
        backbone=None,
        backbone_config=backbone,
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=8,
        decoder_attention_heads=8,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        num_queries=10,
        init_std=0.2,
        **LABELS,
    )
