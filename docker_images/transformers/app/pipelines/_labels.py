"""Labels that a caller names, in batches of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ._shared import whole_tokenizer

SPECIAL_TOKENS = 16  # that a tokenizer may put around a text
MAX_LABELS_PER_CALL = 64
"""This bounds the memory of a call, and lets other callers' calls run in between."""


class LabelLengths:
    """Tells which labels are longer than a network reads them; for any thread."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = whole_tokenizer(tokenizer)

    def warnings(self, texts: Sequence[str], longest: int) -> Sequence[str]:
        """The warning that texts with labels are cut to `longest` tokens, where some are."""
        tokenizer = self._tokenizer
        if tokenizer is None:
            return ()
        # No tokenizer makes more tokens than a text has bytes, but for a few special ones.
        long = [text for text in texts if len(text.encode()) + SPECIAL_TOKENS > longest]
        cut = [text for text in long if len(tokenizer.encode(text).ids) > longest]
        return [f"{len(cut):,} of {len(texts):,} labels are cut to their first {longest:,} tokens"] if cut else ()


def batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts in their order, at most MAX_LABELS_PER_CALL at a time."""
    return (texts[start : start + MAX_LABELS_PER_CALL] for start in range(0, len(texts), MAX_LABELS_PER_CALL))
