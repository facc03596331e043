"""Tiny models that compare images with texts of the caller's."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import (
    BertTokenizerFast,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    OwlViTConfig,
    OwlViTForObjectDetection,
    OwlViTImageProcessorPil,
    SiglipConfig,
    SiglipImageProcessorPil,
    SiglipModel,
)

from ._shared import card, tokenizer_of_words
from .vision import SIZE, TRANSFORMER, VIT, awake


def zero_shot_image_classification(folder: Path) -> None:
    """A CLIP."""
    torch.manual_seed(0)
    config = CLIPConfig(text_config=_text(), vision_config=VIT, projection_dim=16, logit_scale_init_value=1.0)
    awake(CLIPModel(config)).save_pretrained(folder)
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=SIZE).save_pretrained(folder)
    _tokenizer().save_pretrained(folder)
    card(folder, "zero-shot-image-classification")


def siglip(folder: Path) -> None:
    """A SigLIP for zero-shot-image-classification, whose scores do not add up to 1."""
    torch.manual_seed(0)
    config = SiglipConfig(text_config={**_text(), "max_position_embeddings": 64}, vision_config=VIT)
    awake(SiglipModel(config)).save_pretrained(folder)
    SiglipImageProcessorPil(size=SIZE).save_pretrained(folder)
    _tokenizer().save_pretrained(folder)
    card(folder, "zero-shot-image-classification")


def zero_shot_object_detection(folder: Path) -> None:
    """An OWL-ViT with sixteen boxes."""
    torch.manual_seed(0)
    config = OwlViTConfig(text_config=_text(), vision_config=VIT, projection_dim=32)
    awake(OwlViTForObjectDetection(config)).save_pretrained(folder)
    OwlViTImageProcessorPil(size=SIZE, crop_size=SIZE).save_pretrained(folder)
    _tokenizer().save_pretrained(folder)
    card(folder, "zero-shot-object-detection")


def _tokenizer() -> BertTokenizerFast:
    tokenizer = tokenizer_of_words()
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    tokenizer.init_kwargs["model_input_names"] = tokenizer.model_input_names  # what is saved
    return tokenizer


def _text() -> dict[str, object]:
    tokenizer = _tokenizer()
    return {
        **TRANSFORMER,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 32,
        "bos_token_id": tokenizer.cls_token_id,
        "eos_token_id": tokenizer.sep_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
