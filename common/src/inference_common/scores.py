"""From a network's raw outputs to labels with scores, for every library that classifies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .tasks.classification import Activation, Label

Floats = npt.NDArray[np.floating]


def activated(logits: Floats, activation: Activation) -> Floats:
    """Scores of logits, over the last dimension; of the same shape."""
    if activation == "none":
        return logits
    if activation == "sigmoid":
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -80, 80))), dtype=logits.dtype)
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=logits.dtype)


def best_labels(scores: Floats, names: Sequence[str], top_k: int | None) -> list[Label]:
    """The best `top_k` (None: all) of one row of scores, best first; a class without a name is `LABEL_i`."""
    order = np.argsort(-scores, kind="stable")[:top_k]
    return [{"label": names[n] if n < len(names) else f"LABEL_{n}", "score": float(scores[n])} for n in order]
