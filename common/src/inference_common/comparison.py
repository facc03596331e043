"""The difference of two answers, as one number."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

MAX_DIFFERENCE = 1e-4  # of two answers that count as the same


def difference(answer: Any, other: Any) -> float:
    """The largest difference of two answers' numbers: absolute, or relative to the array's (the number's) own size
    where that is above 1. Infinite where anything else than a number differs, but for the order of things with a score
    each, which rounding decides where scores are nearly equal."""
    if isinstance(answer, np.ndarray) and isinstance(other, np.ndarray):
        if answer.shape != other.shape:
            return math.inf
        return _of_numbers(answer, other) if answer.size else 0.0
    if _is_number(answer) and _is_number(other):
        return _of_numbers(np.asarray(answer), np.asarray(other))
    if dataclasses.is_dataclass(answer) and type(answer) is type(other):
        return difference(_fields(answer), _fields(other))
    if isinstance(answer, Mapping) and isinstance(other, Mapping):
        return difference(list(answer.items()), list(other.items()))
    if isinstance(answer, list | tuple) and isinstance(other, list | tuple):
        if len(answer) != len(other):
            return math.inf
        apart = max((difference(*pair) for pair in zip(answer, other, strict=True)), default=0.0)
        return min(apart, _of_scored(answer, other)) if apart else apart
    return 0.0 if bool(answer == other) else math.inf


def holds_nan(answer: Any) -> bool:
    """Whether one of an answer's numbers is NaN."""
    if isinstance(answer, np.ndarray | float | np.number):
        return bool(np.isnan(answer).any()) if np.asarray(answer).dtype.kind == "f" else False
    if dataclasses.is_dataclass(answer):
        return holds_nan(_fields(answer))
    if isinstance(answer, Mapping):
        return any(map(holds_nan, answer.values()))
    return isinstance(answer, list | tuple) and any(map(holds_nan, answer))


def _fields(value: Any) -> list[Any]:
    return [getattr(value, field.name) for field in dataclasses.fields(value)]


def _of_scored(answer: Sequence[Any], other: Sequence[Any]) -> float:
    """Of things with a score each, in any order: one that is in one list alone, as the last of them may be, differs by
    its whole score. Infinite for anything else."""
    scores, others = _scores(answer), _scores(other)
    if scores is None or others is None:
        return math.inf
    return max(difference(scores.get(thing, 0.0), others.get(thing, 0.0)) for thing in scores.keys() | others.keys())


def _scores(things: Sequence[Any]) -> dict[Hashable, float] | None:
    """The score of each, by all else that it holds; None where one has no score, or two hold the same."""
    if not all(isinstance(thing, Mapping) and _is_number(thing.get("score")) for thing in things):
        return None
    try:
        scores: dict[Hashable, float] = {
            frozenset((k, v) for k, v in thing.items() if k != "score"): thing["score"] for thing in things
        }
    except TypeError:  # it holds what is compared in its place alone, such as an image
        return None
    return scores if len(scores) == len(things) else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _of_numbers(answer: Any, other: Any) -> float:
    """NaN and infinity count as equal to themselves."""
    if np.array_equal(answer, other, equal_nan=answer.dtype.kind == "f"):
        return 0.0
    apart = float(np.abs(answer.astype(float) - other.astype(float)).max() / max(1.0, float(np.abs(answer).max())))
    return math.inf if math.isnan(apart) else apart
