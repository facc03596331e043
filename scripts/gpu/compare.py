"""The relative distance of two answers' numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

IGNORED = frozenset({"seed", "id"})
"""Fields of an answer that are not compared."""


def distance(ours: Any, theirs: Any) -> float:
    """The Euclidean norm of the difference of all numbers, relative to that of `theirs`; infinite where anything else
    differs."""
    one, other = list(_leaves(ours)), list(_leaves(theirs))
    if [(at, type(leaf)) for at, leaf in one] != [(at, type(leaf)) for at, leaf in other]:
        return math.inf
    leaves = [(a, b) for (_, a), (_, b) in zip(one, other, strict=True)]
    if any(a != b for a, b in leaves if not isinstance(b, float)):
        return math.inf
    pairs = [(a, b) for a, b in leaves if isinstance(b, float)]
    off = math.sqrt(sum((a - b) ** 2 for a, b in pairs))
    length = math.sqrt(sum(b * b for _, b in pairs))
    return off / length if length else (math.inf if off else 0.0)


def _leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Each number and text of an answer with its path; a score has the path of its label, in any order."""
    if isinstance(value, dict):
        for name in sorted(value.keys() - IGNORED):
            yield from _leaves(value[name], f"{at}.{name}")
    elif isinstance(value, list) and value and all(isinstance(one, dict) and "label" in one for one in value):
        for one in sorted(value, key=lambda one: str(one["label"])):
            yield f"{at}.{one['label']}", float(one["score"])
    elif isinstance(value, list):
        for n, one in enumerate(value):
            yield from _leaves(one, f"{at}.{n}")
    elif isinstance(value, bool) or not isinstance(value, int | float):
        yield at, value
    else:
        yield at, float(value)
