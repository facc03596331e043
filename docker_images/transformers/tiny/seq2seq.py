"""Tiny models that write a text of a text."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    M2M100Config,
    M2M100ForConditionalGeneration,
    NllbTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from ._shared import HIDDEN, WORDS, card

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
LAYERS = {"encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 4}
BARTS = {"d_model": HIDDEN, **LAYERS, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "init_std": 0.5}

TASKS: dict[str, object] = {
    "summarization": {"prefix": "summarize: ", "max_length": 9, "min_length": 4, "no_repeat_ngram_size": 2},
    "translation_en_to_de": {"prefix": "translate English to German: ", "max_length": 8, "num_beams": 3},
    "translation_en_to_fr": {"prefix": "translate English to French: ", "max_length": 11, "early_stopping": True},
}
"""What a T5 says of its tasks, as those that were published do."""


def summarization(folder: Path) -> None:
    """A BART that reads 128 tokens, with lengths of its own for this task."""
    tokenizer = tokenizer_around("<s> $A </s>", 128)
    specific = {"summarization": {"max_length": 16, "min_length": 3, "no_repeat_ngram_size": 3}}
    torch.manual_seed(0)
    config = BartConfig(
        vocab_size=len(tokenizer), max_position_embeddings=128, task_specific_params=specific,
        forced_eos_token_id=2, decoder_start_token_id=2, **BARTS,
    )  # fmt: skip
    network = BartForConditionalGeneration(config)
    network.generation_config.max_length = 18
    _save(folder, network, tokenizer, "summarization")


def text2text_generation(folder: Path) -> None:
    """A T5, which reads texts of any length."""
    _t5(folder, "text2text-generation", {})


def translation(folder: Path) -> None:
    """An M2M100 with the tokenizer of NLLB: it knows two hundred languages by name."""
    tokenizer = _nllb()
    torch.manual_seed(0)
    config = M2M100Config(vocab_size=len(tokenizer), max_position_embeddings=128, decoder_start_token_id=2, **BARTS)
    network = M2M100ForConditionalGeneration(config)
    network.generation_config.max_length = 12
    _save(folder, network, tokenizer, "translation", tgt_lang="fra_Latn")


def t5_translation(folder: Path) -> None:
    """A T5 that is told by a prefix what to translate into."""
    to = {"prefix": "translate English to German: ", "max_length": 10, "num_beams": 2, "early_stopping": True}
    _t5(folder, "translation", {"translation_en_to_de": to})


def t5_translations(folder: Path) -> None:
    """A T5 of several tasks, each with a prefix and a way to write of its own."""
    _t5(folder, "translation", TASKS)


def t5_into_french(folder: Path) -> None:
    """The same."""
    _t5(folder, "translation", TASKS)


def t5_summary(folder: Path) -> None:
    """The same, to summarize."""
    _t5(folder, "summarization", TASKS)


def _t5(folder: Path, task: str, specific: dict[str, object]) -> None:
    tokenizer = tokenizer_around("$A </s>", 128)
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=len(tokenizer), d_model=HIDDEN, d_kv=8, d_ff=64, num_layers=2, num_heads=4, initializer_factor=3.0,
        pad_token_id=1, eos_token_id=2, decoder_start_token_id=1, task_specific_params=specific or None,
    )  # fmt: skip
    network = T5ForConditionalGeneration(config)
    network.generation_config.max_length = 12
    _save(folder, network, tokenizer, task)


def _save(folder: Path, network: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, task: str, **own: object) -> None:
    network.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    card(folder, task, **own)


def tokenizer_around(template: str, longest: int) -> PreTrainedTokenizerFast:
    """Byte-level BPE, so every text can be read and said; `template` is what stands around a text."""
    bpe = _trained()
    special = [(token, bpe.token_to_id(token)) for token in SPECIAL]
    bpe.post_processor = processors.TemplateProcessing(single=template, special_tokens=special)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=longest,
    )


def _trained() -> Tokenizer:
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=1,
        show_progress=False,
    )
    bpe.train_from_iterator([f"{WORDS} {word} {word}" for word in WORDS.split()], trainer)
    return bpe


def _nllb() -> NllbTokenizer:
    """Words and letters, each word begun as SentencePiece writes it."""
    words = [f"▁{word}" for word in WORDS.split()]
    letters = sorted({*"".join(chr(n) for n in range(33, 127)), "▁"})
    merges: list[tuple[str, str]] = []
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", *letters]
    for word in words:
        built = word[0]
        for letter in word[1:]:
            if (built, letter) not in merges:
                merges.append((built, letter))
                vocabulary.append(built + letter)
            built += letter
    pieces = {piece: n for n, piece in enumerate(dict.fromkeys(vocabulary))}
    return NllbTokenizer(vocab=pieces, merges=merges, src_lang="eng_Latn", model_max_length=128)
