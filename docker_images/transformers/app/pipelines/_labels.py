"""Labels that a caller names, in batches of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

MAX_LABELS_PER_CALL = 64
"""This bounds the memory of a call, and lets other callers' calls run in between."""


def batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts in their order, at most MAX_LABELS_PER_CALL at a time."""
    return (texts[start : start + MAX_LABELS_PER_CALL] for start in range(0, len(texts), MAX_LABELS_PER_CALL))
