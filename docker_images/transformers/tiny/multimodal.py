"""Tiny models that look at images and read texts."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from transformers import (
    BlipConfig,
    BlipForConditionalGeneration,
    BlipForQuestionAnswering,
    BlipImageProcessorPil,
    CLIPImageProcessorPil,
    GenerationConfig,
    GitConfig,
    GitForCausalLM,
    GPT2Config,
    ViltConfig,
    ViltForQuestionAnswering,
    ViltImageProcessorPil,
    VisionEncoderDecoderConfig,
    VisionEncoderDecoderModel,
    ViTConfig,
    ViTImageProcessorPil,
)

from ._shared import card, tokenizer_of_words
from .vision import SIZE, VIT

TEXT = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 128,
    "initializer_range": 0.3,
}

ENDS = {"bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}


def image_to_text(folder: Path) -> None:
    """A ViT read by a GPT-2 that writes a few words."""
    torch.manual_seed(0)
    tokenizer = tokenizer_of_words()
    text = GPT2Config(
        vocab_size=len(tokenizer), n_embd=32, n_layer=2, n_head=4, n_positions=128, add_cross_attention=True,
        initializer_range=0.3, **ENDS,
    )  # fmt: skip
    shape = VisionEncoderDecoderConfig.from_encoder_decoder_configs(ViTConfig(**VIT), text)
    network = VisionEncoderDecoderModel(shape).eval()
    network.generation_config = GenerationConfig(decoder_start_token_id=2, max_length=12, **ENDS)
    network.save_pretrained(folder)
    ViTImageProcessorPil(size=SIZE).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    card(folder, "image-to-text")


def blip_image_to_text(folder: Path) -> None:
    """A BLIP."""
    _blip(folder, BlipForConditionalGeneration)
    card(folder, "image-to-text")


def git_image_to_text(folder: Path) -> None:
    """A GIT, whose image stands before the text."""
    torch.manual_seed(0)
    tokenizer = tokenizer_of_words()
    network = GitForCausalLM(GitConfig(vision_config=VIT, vocab_size=len(tokenizer), **TEXT, **ENDS)).eval()
    network.generation_config.max_length = 12
    network.save_pretrained(folder)
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=SIZE).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    card(folder, "image-to-text")


def visual_question_answering(folder: Path) -> None:
    """A ViLT that knows seven answers; images keep their proportions."""
    torch.manual_seed(0)
    tokenizer = tokenizer_of_words()
    answers = dict(enumerate(["yes", "no", "a house", "two", "red", "the sun", "on the grass"]))
    labels = {"id2label": answers, "label2id": {name: n for n, name in answers.items()}}
    shape = ViltConfig(**{**VIT, **TEXT, "max_position_embeddings": 40}, vocab_size=len(tokenizer), **labels)
    ViltForQuestionAnswering(shape).eval().save_pretrained(folder)
    ViltImageProcessorPil(size={"shortest_edge": 32}, size_divisor=8).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    card(folder, "visual-question-answering")


def blip_visual_question_answering(folder: Path) -> None:
    """A BLIP that writes its answer."""
    _blip(folder, BlipForQuestionAnswering)
    card(folder, "visual-question-answering")


def _blip(folder: Path, kind: type) -> None:
    torch.manual_seed(0)
    tokenizer = tokenizer_of_words()
    text = {**TEXT, **ENDS, "sep_token_id": 3, "vocab_size": len(tokenizer), "encoder_hidden_size": 32}
    network = kind(BlipConfig(text_config=text, vision_config=VIT)).eval()
    network.generation_config.max_length = 8
    network.save_pretrained(folder)
    BlipImageProcessorPil(size=SIZE).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    _without_token_types(folder)


def _without_token_types(folder: Path) -> None:
    """As BLIP's tokenizers on the Hub say; the library itself writes what a BERT takes."""
    file = folder / "tokenizer_config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**config, "model_input_names": ["input_ids", "attention_mask"]}), encoding="utf-8")
