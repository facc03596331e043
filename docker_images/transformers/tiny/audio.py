"""Tiny models that listen."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import (
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForSequenceClassification,
)

from ._shared import card, tokenizer_of_words

WAV2VEC2 = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "conv_dim": (16,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
    "classifier_proj_size": 32,
    "initializer_range": 0.3,  # far enough from zero that different sounds get visibly different numbers
}
SOUNDS = ["silence", "speech", "music", "bell", "dog", "rain", "engine"]
LABELS = {"id2label": dict(enumerate(SOUNDS)), "label2id": {name: n for n, name in enumerate(SOUNDS)}}


def audio_classification(folder: Path) -> None:
    """A wav2vec2 with a norm of layers, which takes a mask, and seven labels."""
    _classifier(folder, feat_extract_norm="layer", do_stable_layer_norm=True)
    Wav2Vec2FeatureExtractor(return_attention_mask=True).save_pretrained(folder)
    card(folder, "audio-classification")


def audio_classification_group(folder: Path) -> None:
    """A wav2vec2 with a norm over time, as wav2vec2-base has, to which padding is sound."""
    _classifier(folder, feat_extract_norm="group")
    Wav2Vec2FeatureExtractor(return_attention_mask=False).save_pretrained(folder)
    card(folder, "audio-classification")


def zero_shot_audio_classification(folder: Path) -> None:
    """A CLAP that hears two seconds at once."""
    torch.manual_seed(0)
    tokenizer = tokenizer_of_words(model_input_names=["input_ids", "attention_mask"])  # as RoBERTa's
    text = {"vocab_size": len(tokenizer), "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    text |= {"intermediate_size": 32, "pad_token_id": tokenizer.pad_token_id, "initializer_range": 0.5}
    audio = {"spec_size": 256, "num_mel_bins": 64, "patch_embeds_hidden_size": 16, "hidden_size": 128}
    audio |= {"depths": [1, 1, 1, 1], "num_attention_heads": [1, 2, 2, 2], "window_size": 4, "initializer_range": 0.3}
    config = ClapConfig(text_config=text, audio_config=audio, projection_dim=16)
    ClapModel(config).eval().save_pretrained(folder)
    ClapFeatureExtractor(feature_size=64, truncation="rand_trunc", max_length_s=2).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    card(folder, "zero-shot-audio-classification")


def _classifier(folder: Path, **config: object) -> None:
    torch.manual_seed(0)
    shape = Wav2Vec2Config(**WAV2VEC2, **LABELS, **config)
    Wav2Vec2ForSequenceClassification(shape).eval().save_pretrained(folder)
