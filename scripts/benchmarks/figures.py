"""Figures: what single answers come to, and what a pair of targets comes to over several pairs."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Row = Mapping[str, float | str]
"""One measurement of one target: its `target`, `load` and `pair`, and figures by name."""
FIGURES = {
    "rate": "answers/s", "p50": "ms", "p95": "ms", "p99": "ms", "refused": "requests", "failed": "requests",
    "memory": "MB", "offered": "requests/s", "ready": "s", "answer": "s", "recovery": "s", "refusal": "ms",
    "drain": "s", "size": "MB", "tokens": "tokens/s", "first": "ms", "speed": "s of audio/s", "changeover": "s",
    "wrong": "answers", "child": "MB", "start": "MB", "threads": "threads", "files": "open files",
}  # fmt: skip
"""The unit of each figure: `first` is the time to a stream's first text, `changeover` from ready to the first answer by
the ONNX file, `child` the memory of a server's child processes, `start` a server's as a measurement begins."""
RATES = frozenset({"rate", "tokens", "speed"})
"""Figures of which more is better."""


@dataclass(frozen=True)
class Answer:
    """One request: when it was sent and how long it took, in ms, and its HTTP status (0: there was no answer)."""

    sent: float
    took: float
    status: int


@dataclass(frozen=True)
class Stream:
    """One streamed answer: when it was sent and how long all of it took, in ms, its HTTP status, its count of tokens as
    its usage says (0: not said), and when each piece of text came."""

    sent: float
    took: float
    status: int
    tokens: int
    times: Sequence[float]


@dataclass(frozen=True)
class Spread:
    """A figure over several pairs: the middle one, and the lowest and highest."""

    median: float
    low: float
    high: float


def percentile(values: Sequence[float], percent: float) -> float:
    """The least value that `percent` of the values do not exceed; NaN of no values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else math.nan


def spread(values: Sequence[float]) -> Spread:
    """Raises statistics.StatisticsError for no values."""
    return Spread(statistics.median(values), min(values), max(values))


def summary(answers: Sequence[Answer], seconds: float) -> dict[str, float]:
    """What the answers of `seconds` of load come to: `rate` counts those with status 200 that came within the time,
    after its first fifth, in which the first ones are still on their way; latencies are of all with status 200;
    `drain` is how long after the last request the last answer came."""
    served = [one for one in answers if one.status == 200]
    warm, end = seconds * 200, seconds * 1000
    counted = sum(warm < one.sent + one.took <= end for one in served)
    took = [one.took for one in served]
    refused = [one.took for one in answers if one.status == 429]
    last_asked = max((one.sent for one in answers), default=0.0)
    last_answered = max((one.sent + one.took for one in answers), default=0.0)
    return {
        "rate": counted * 1000 / (end - warm),
        **{f"p{percent}": percentile(took, percent) for percent in (50, 95, 99)},
        "refused": float(len(refused)),
        "refusal": percentile(refused, 50),
        "drain": (last_answered - last_asked) / 1000,
        "failed": float(len(answers) - len(served) - len(refused)),
    }


def stream_summary(streams: Sequence[Stream], seconds: float, tokens: int) -> dict[str, float]:
    """The figures of the streams of `seconds` of load. Each must have `tokens`, else it counts as `failed`. A piece of
    text may hold several tokens, so the pieces that came within the time, after its first fifth, count by their
    share."""
    served = [one for one in streams if one.status == 200 and one.times and one.tokens in (0, tokens)]
    warm, end = seconds * 200, seconds * 1000
    counted = sum(tokens * sum(warm < time <= end for time in one.times) / len(one.times) for one in served)
    first = [one.times[0] - one.sent for one in served]
    took = [one.took for one in served]
    return {
        "tokens": counted * 1000 / (end - warm),
        "first": percentile(first, 50),
        **{f"p{percent}": percentile(took, percent) for percent in (50, 99)},
        "failed": float(len(streams) - len(served)),
    }


def moments(rate: float, seconds: float, seed: int) -> list[float]:
    """When the requests of a Poisson process of `rate` per second come, in seconds from its start."""
    chance, at, found = random.Random(seed), 0.0, []
    while (at := at + chance.expovariate(rate)) < seconds:
        found.append(at)
    return found


def by_pair(rows: Sequence[Row], target: str, load: str, figure: str) -> dict[int, float]:
    """A figure of one target under one load, by the number of its pair; without those that were not to be had."""
    of_it = [row for row in rows if row["target"] == target and row["load"] == load and figure in row]
    found = {int(row["pair"]): float(row[figure]) for row in of_it}
    return {pair: value for pair, value in found.items() if math.isfinite(value)}
