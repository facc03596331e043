"""Tiny models that say which pixels belong together."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import (
    DetrConfig,
    MaskFormerConfig,
    MaskFormerForInstanceSegmentation,
    MaskFormerImageProcessorPil,
    SamConfig,
    SamImageProcessorPil,
    SamModel,
    SegformerConfig,
    SegformerForSemanticSegmentation,
    SegformerImageProcessorPil,
    SwinConfig,
)

from ._shared import card
from .vision import LABELS, SIZE, awake


def image_segmentation(folder: Path) -> None:
    """A Segformer, which is semantic."""
    torch.manual_seed(0)
    config = SegformerConfig(
        depths=[1, 1, 1, 1],
        hidden_sizes=[8, 8, 16, 16],
        num_attention_heads=[1, 1, 2, 2],
        decoder_hidden_size=16,
        initializer_range=0.5,
        **LABELS,
    )
    awake(SegformerForSemanticSegmentation(config)).save_pretrained(folder)
    SegformerImageProcessorPil(size=SIZE).save_pretrained(folder)
    card(folder, "image-segmentation")


def maskformer(folder: Path) -> None:
    """A MaskFormer, which does every image-segmentation."""
    torch.manual_seed(0)
    swin = SwinConfig(
        image_size=64, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 1, 1], window_size=2, initializer_range=0.5,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )  # fmt: skip
    detr = DetrConfig(
        d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2,
        encoder_ffn_dim=16, decoder_ffn_dim=16, num_queries=6, init_xavier_std=3.0,
    )  # fmt: skip
    config = MaskFormerConfig(
        backbone_config=swin,
        decoder_config=detr,
        fpn_feature_size=32,
        mask_feature_size=32,
        init_xavier_std=3.0,
        **LABELS,
    )
    network = awake(MaskFormerForInstanceSegmentation(config))
    torch.nn.init.normal_(network.model.transformer_module.queries_embedder.weight, std=3)
    torch.nn.init.normal_(network.class_predictor.weight, std=3)  # some segments are sure of themselves
    network.save_pretrained(folder)
    MaskFormerImageProcessorPil(size={"shortest_edge": 64, "longest_edge": 128}, size_divisor=32).save_pretrained(
        folder
    )
    card(folder, "image-segmentation")


def mask_generation(folder: Path) -> None:
    """A SAM that is sure of nearly every mask, or none would be answered."""
    torch.manual_seed(0)
    config = SamConfig(
        vision_config={
            "hidden_size": 32, "output_channels": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
            "image_size": 64, "patch_size": 8, "mlp_dim": 32, "window_size": 2, "global_attn_indexes": [1],
            "num_pos_feats": 16, "initializer_range": 0.3,
        },
        prompt_encoder_config={"hidden_size": 32, "image_size": 64, "patch_size": 8, "mask_input_channels": 4},
        mask_decoder_config={
            "hidden_size": 32, "mlp_dim": 32, "num_attention_heads": 2, "num_hidden_layers": 2,
            "iou_head_hidden_dim": 16,
        },
    )  # fmt: skip
    network = awake(SamModel(config))
    for parameter in network.mask_decoder.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.6)
    for head in network.mask_decoder.output_hypernetworks_mlps:
        torch.nn.init.normal_(head.proj_out.weight, std=50)  # steep, so stable, outlines
    torch.nn.init.normal_(network.mask_decoder.iou_prediction_head.proj_out.weight, std=0.001)
    torch.nn.init.constant_(network.mask_decoder.iou_prediction_head.proj_out.bias, 0.95)
    network.save_pretrained(folder)
    SamImageProcessorPil(size={"longest_edge": 64}, pad_size={"height": 64, "width": 64}).save_pretrained(folder)
    card(folder, "mask-generation")
