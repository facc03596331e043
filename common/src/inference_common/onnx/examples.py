"""What an ONNX file is held to its library's own network by: batches of several sizes, of inputs of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")
SIZES = (1, 2, 5)
SENTENCES = ("a happy person", "What is that? œuvre 日本", "the dog ran in the park, and then it was angry. " * 8)
TEXTS = (*SENTENCES, *(f"{text} {text} {text}" for text in SENTENCES))
"""From a few tokens to more than some networks attend to at once."""
_random = np.random.default_rng(0)
PICTURES: Sequence[npt.NDArray[np.uint8]] = [
    _random.integers(0, 256, size, dtype=np.uint8) for size in ((48, 64, 3), (80, 40, 3), (300, 260, 3))
]
"""Levels of pictures, of shape (height, width, 3)."""


def batches(examples: Sequence[T]) -> Sequence[Sequence[T]]:
    """Of one, of two and of five, by turns."""
    return [[examples[n % len(examples)] for n in range(size)] for size in SIZES]


def sounds(rate: int) -> Sequence[npt.NDArray[np.float32]]:
    """Noise at a sampling rate in Hz, of half a second to one and a half, the shortest first: float32 in -1..1."""
    return [_random.uniform(-0.5, 0.5, int(rate * seconds)).astype(np.float32) for seconds in (0.5, 1.2, 0.7, 1.5, 1.0)]
