"""Tiny models that answer questions about pages."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    DonutImageProcessorPil,
    DonutSwinConfig,
    GenerationConfig,
    LayoutLMConfig,
    LayoutLMForQuestionAnswering,
    LayoutLMv3Config,
    LayoutLMv3ForQuestionAnswering,
    LayoutLMv3ImageProcessorPil,
    LayoutLMv3Tokenizer,
    MBartConfig,
    VisionEncoderDecoderConfig,
    VisionEncoderDecoderModel,
)

from ._shared import card, tokenizer_of_words
from .multimodal import TEXT
from .vision import SIZE

TASK = "document-question-answering"
TAGS = ["<s_docvqa>", "<s_question>", "</s_question>", "<s_answer>", "</s_answer>"]


def document_question_answering(folder: Path) -> None:
    """A LayoutLM."""
    torch.manual_seed(0)
    tokenizer = tokenizer_of_words()
    LayoutLMForQuestionAnswering(LayoutLMConfig(vocab_size=len(tokenizer), **TEXT)).eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    card(folder, TASK)


def donut_document_question_answering(folder: Path) -> None:
    """A Donut whose last token ends its answer."""
    torch.manual_seed(0)
    tokenizer = tokenizer_of_words()
    tokenizer.add_special_tokens({"additional_special_tokens": TAGS, "eos_token": "[SEP]", "bos_token": "[CLS]"})
    eyes = DonutSwinConfig(image_size=[32, 64], patch_size=4, embed_dim=16, depths=[1, 1], num_heads=[2, 2],
                           window_size=4, initializer_range=0.3)  # fmt: skip
    hand = MBartConfig(vocab_size=len(tokenizer), d_model=32, decoder_layers=2, decoder_attention_heads=4,
                       decoder_ffn_dim=64, max_position_embeddings=128, init_std=0.3, is_decoder=True,
                       add_cross_attention=True, pad_token_id=0, bos_token_id=2, eos_token_id=3)  # fmt: skip
    network = VisionEncoderDecoderModel(VisionEncoderDecoderConfig.from_encoder_decoder_configs(eyes, hand)).eval()
    network.generation_config = GenerationConfig(
        max_length=48,
        pad_token_id=0,
        eos_token_id=3,
        decoder_start_token_id=2,
        forced_eos_token_id=tokenizer.convert_tokens_to_ids("</s_answer>"),
    )
    network.save_pretrained(folder)
    DonutImageProcessorPil(size={"height": 32, "width": 64}).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    card(folder, TASK)


def layoutlmv3_document_question_answering(folder: Path) -> None:
    """A LayoutLMv3, which looks at the page too."""
    torch.manual_seed(0)
    tokenizer = LayoutLMv3Tokenizer(vocab=_bytes(), merges=[], model_max_length=126)
    shape = LayoutLMv3Config(vocab_size=len(tokenizer), input_size=32, patch_size=8, coordinate_size=6, shape_size=4,
                             max_2d_position_embeddings=1024, pad_token_id=1, bos_token_id=0, eos_token_id=2,
                             **TEXT)  # fmt: skip
    LayoutLMv3ForQuestionAnswering(shape).eval().save_pretrained(folder)
    LayoutLMv3ImageProcessorPil(size=SIZE, apply_ocr=True).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    card(folder, TASK)


def _bytes() -> dict[str, int]:
    """A vocabulary of the bytes alone, as byte-level tokenizers spell them."""
    spelled = sorted(ByteLevel.alphabet())
    return {piece: n for n, piece in enumerate(["<s>", "<pad>", "</s>", "<unk>", *spelled, "<mask>"])}
