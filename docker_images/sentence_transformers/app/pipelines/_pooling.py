"""Token vectors made one vector a text, as the library's Pooling does it, in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ._networks import Vectors

TINY = np.float32(1e-9)  # below which the library lets no sum of a mask fall


def pooled(tokens: Vectors, mask: Vectors, modes: Sequence[str]) -> Vectors:
    """Vectors of shape (texts, dimensions) of tokens of shape (texts, tokens, dimensions), whose `mask` is 1 where
    there is one; of several `modes`, the vectors joined."""
    vectors = [POOLING_FUNCTIONS[mode](tokens, mask) for mode in modes]
    return vectors[0] if len(vectors) == 1 else np.concatenate(vectors, axis=1)


def _cls(tokens: Vectors, mask: Vectors) -> Vectors:
    """The first token, which padding may stand before."""
    first: Vectors = tokens[np.arange(len(tokens)), mask.argmax(1)]
    return first


def _last(tokens: Vectors, mask: Vectors) -> Vectors:
    places = mask.shape[1] - 1 - np.argmax(mask[:, ::-1], axis=1)
    last: Vectors = tokens[np.arange(len(tokens)), places]
    return last


def _max(tokens: Vectors, mask: Vectors) -> Vectors:
    most: Vectors = np.where(mask[..., None] > 0, tokens, np.float32(-np.inf)).max(1)
    return most


def _weighted(tokens: Vectors, weights: Vectors) -> tuple[Vectors, Vectors]:
    """The sum of tokens times their weights, and that of the weights."""
    sums: Vectors = np.matmul(weights[:, None, :], tokens)[:, 0]
    return sums, np.maximum(weights.sum(1, keepdims=True), TINY)


def _mean(tokens: Vectors, mask: Vectors) -> Vectors:
    sums, count = _weighted(tokens, mask)
    return sums / count


def _mean_by_root(tokens: Vectors, mask: Vectors) -> Vectors:
    sums, count = _weighted(tokens, mask)
    roots: Vectors = np.sqrt(count)
    return sums / roots


def _mean_by_place(tokens: Vectors, mask: Vectors) -> Vectors:
    """Weighted by their places, from 1 on."""
    places = np.arange(1, mask.shape[1] + 1, dtype=np.float32) - mask.argmax(1, keepdims=True)
    sums, total = _weighted(tokens, (mask * places).astype(np.float32))
    return sums / total


POOLING_FUNCTIONS: Mapping[str, Callable[[Vectors, Vectors], Vectors]] = {
    "cls": _cls,
    "max": _max,
    "mean": _mean,
    "mean_sqrt_len_tokens": _mean_by_root,
    "weightedmean": _mean_by_place,
    "lasttoken": _last,
}
