"""What is made of vectors and of scores, as the library and torch do it, in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ._networks import Vectors


def l2_normalize(vectors: Vectors) -> Vectors:
    """Each of length 1."""
    lengths: Vectors = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    units: Vectors = vectors / lengths
    return units


def _sigmoid(logits: Vectors) -> Vectors:
    odds: Vectors = np.exp(-logits)
    return np.reciprocal(1 + odds)


def _distances(left: Vectors, right: Vectors, order: int) -> Vectors:
    distances: Vectors = np.linalg.norm(left[:, None] - right[None], ord=order, axis=2)
    return -distances


SIMILARITY_FUNCTIONS: Mapping[str, Callable[[Vectors, Vectors], Vectors]] = {
    "cosine": lambda left, right: l2_normalize(left) @ l2_normalize(right).T,
    "dot": lambda left, right: left @ right.T,
    "euclidean": lambda left, right: _distances(left, right, 2),
    "manhattan": lambda left, right: _distances(left, right, 1),
}
ACTIVATION_FUNCTIONS: Mapping[str, Callable[[Vectors], Vectors]] = {
    "Sigmoid": _sigmoid,
    "Identity": lambda logits: logits,
    "Tanh": np.tanh,
    "ReLU": lambda logits: np.maximum(logits, 0),
}
"""By the names of torch's classes without arguments."""
