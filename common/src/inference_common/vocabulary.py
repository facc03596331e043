"""A tokenizer's vocabulary: libraries make a tokenizer of no words where a model's files hold none, and go on."""

from __future__ import annotations

from typing import Any

from .errors import LoadFailed


def refuse_empty_vocabulary(tokenizer: Any) -> None:
    """Raise LoadFailed where a tokenizer of transformers knows its special tokens alone: all texts of so many words
    would be the same to it. Those that only Python knows may read bytes or characters, and are let be."""
    if getattr(tokenizer, "is_fast", False) and set(tokenizer.get_vocab()) <= set(tokenizer.all_special_tokens):
        raise LoadFailed(
            "The model's files hold no vocabulary of its tokenizer, so that every text would read alike; add its"
            " tokenizer.json, or name another model"
        )
