"""What tiny models share: a BERT, a tokenizer of a few words, and the card."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import BertConfig, BertTokenizerFast

WORDS = (
    "the a an is are was what that today happy sad sunny angry love like you i person dog cat car paris france hello"
)
HIDDEN = 32


def bert(folder: Path, kind: type, **config: object) -> None:
    """A BERT of two layers; the seed makes two runs write the same weights."""
    torch.manual_seed(0)
    tokenizer = tokenizer_of_words()
    usual = {
        "hidden_size": HIDDEN,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "max_position_embeddings": 128,
        "initializer_range": 0.5,  # far enough from zero that different texts get visibly different numbers
    }
    shape = BertConfig(vocab_size=len(tokenizer), **{**usual, **config})
    kind(shape).eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def tokenizer_of_words(**options: object) -> BertTokenizerFast:
    """WordPiece over a few words and every printable character, so no ASCII text is unknown."""
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces()]
    return BertTokenizerFast(vocab={piece: n for n, piece in enumerate(vocabulary)}, model_max_length=128, **options)


def pieces() -> list[str]:
    """What that WordPiece makes words of."""
    characters = [chr(c) for c in range(33, 127) if not chr(c).isupper()]
    return [*characters, *(f"##{c}" for c in characters), *(w for w in WORDS.split() if len(w) > 1)]


def card(folder: Path, task: str, **parameters: object) -> None:
    """The model's card; `parameters` are its defaults for callers who do not say."""
    lines = [f"library_name: transformers\npipeline_tag: {task}\n"]
    if parameters:
        lines += ["inference:\n  parameters:\n", *(f"    {name}: {value}\n" for name, value in parameters.items())]
    front = f"---\n{''.join(lines)}---\n"
    folder.joinpath("README.md").write_text(f"{front}\n# A tiny model for tests of {task}\n", encoding="utf-8")
