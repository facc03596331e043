"""Tiny Marians, which translate between languages that are theirs alone."""

from __future__ import annotations

import json
from pathlib import Path

import sentencepiece
import torch
from transformers import MarianConfig, MarianMTModel, MarianTokenizer, PreTrainedTokenizerBase

from ._shared import WORDS, card
from .seq2seq import BARTS, tokenizer_around

LANGUAGES = (">>fra<<", ">>deu<<")


def marian(folder: Path) -> None:
    """A Marian, which knows one pair of languages."""
    _save(folder, tokenizer_around("$A </s>", 128), pad=1, end=2)


def marian_of_many(folder: Path) -> None:
    """A Marian of two languages to translate into, whose tokens stand before a text."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([WORDS, WORDS.upper()] * 4), model_prefix=str(folder / "source"), vocab_size=60,
        character_coverage=1.0, bos_id=-1, eos_id=-1, minloglevel=2,
    )  # fmt: skip
    trained = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.model"))
    pieces = ["</s>", *(trained.IdToPiece(n) for n in range(len(trained))), *LANGUAGES, "<pad>"]
    vocabulary = folder / "vocabulary.json"
    vocabulary.write_text(json.dumps({piece: n for n, piece in enumerate(pieces)}), encoding="utf-8")
    spm = str(folder / "source.model")
    tokenizer = MarianTokenizer(spm, spm, str(vocabulary), model_max_length=128)
    # Far from zero, so that one token more before a text makes another one of it.
    _save(folder, tokenizer, pad=len(pieces) - 1, end=0, init_std=2.0)


def _save(folder: Path, tokenizer: PreTrainedTokenizerBase, *, pad: int, end: int, **shape: float) -> None:
    torch.manual_seed(0)
    config = MarianConfig(
        vocab_size=len(tokenizer), max_position_embeddings=128, pad_token_id=pad, eos_token_id=end,
        decoder_start_token_id=pad, forced_eos_token_id=end, **{**BARTS, **shape},
    )  # fmt: skip
    network = MarianMTModel(config)
    network.generation_config.max_length = 14
    network.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    card(folder, "translation")
