"""Which of the inputs that wait run next: decisions without clocks, threads or callers.

A call of a model on `n` inputs costs `n` times the dearest of them, since the others are padded to it, and something
for the call itself. So inputs of near-equal cost go together, and the more of them the less a call's own cost weighs.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

DECAY = 0.98  # of what was seen, a call: half of it is forgotten in 34 calls
MIN_SPREAD = 0.05  # of the mean: below it, calls were too alike to tell what one costs by itself


@dataclass(frozen=True)
class Bounds:
    """Of one call: `count` inputs at most, `cost` at most with padding (None: any). One input alone always fits."""

    count: int
    cost: int | None = None


def window(costs: Sequence[int], oldest: int, bounds: Bounds, overhead: float) -> range:
    """The places, in ascending `costs`, of the inputs that run with the one at `oldest`.

    They are neighbours, and those for which a call does the most useful work: the sum of their costs over what the call
    costs, `overhead` included (in the same unit; infinite where a call costs the same whatever it holds).
    """
    sums = [0, *itertools.accumulate(costs)]
    best, most_useful = range(oldest, oldest + 1), -1.0
    for end in range(oldest + 1, min(len(costs), oldest + bounds.count) + 1):
        dearest = costs[end - 1]
        longest = bounds.count if bounds.cost is None else min(bounds.count, bounds.cost // max(1, dearest))
        before = -1.0
        # From the dearest down: once one more does not help, those below it, which are cheaper, do not either.
        for begin in range(oldest, max(0, end - max(1, longest)) - 1, -1):
            useful = sums[end] - sums[begin]
            share = useful if math.isinf(overhead) else useful / (overhead + (end - begin) * dearest)
            if share <= before:
                break
            before = share
            if share > most_useful:
                best, most_useful = range(begin, end), share
    return best


class CallTime:
    """What calls of a model take, learnt from those that were made: a line through cost and seconds, by least squares
    that forget (Haykin, Adaptive Filter Theory, on the exponentially weighted form).

    `own` is what a call costs by itself in seconds where nothing else runs, if that was measured: under load, each call
    also waits for the core that answers those of the one before, which looks like a cost of its own and is none.
    """

    def __init__(self) -> None:
        self.own = math.inf
        self._line = (0.0, 0.0)  # seconds a call, and seconds a unit of cost
        self._told = self._took = 0.0
        self._weight = self._cost = self._seconds = self._squares = self._products = 0.0

    def observe(self, padded: int, seconds: float) -> None:
        """One call: its cost with padding, and how long it took."""
        self._weight = self._weight * DECAY + 1
        self._cost = self._cost * DECAY + padded
        self._seconds = self._seconds * DECAY + seconds
        self._squares = self._squares * DECAY + padded * padded
        self._products = self._products * DECAY + padded * seconds
        self._line = self._fitted()

    def observe_pace(self, told: float, took: float) -> None:
        """A queue grew shorter by `told` seconds as `seconds` tells them, in as many as it `took`: calls are not always
        full, and pad what they hold."""
        if told > 0:
            self._told = self._told * DECAY + told
            self._took = self._took * DECAY + took

    @property
    def pace(self) -> float:
        """How many seconds pass for each that `seconds` tells."""
        return self._took / self._told if self._told else 1.0

    @property
    def overhead(self) -> float:
        """What a call costs by itself, in the unit of cost; infinite while that is not known."""
        own, each = self._line
        return min(own, self.own) / each if each else math.inf

    def seconds(self, calls: float, useful: int) -> float:
        """How long so many calls take at least, on inputs of so much cost in all; 0 while nothing is known. A part of a
        call is the share that some of its inputs have in it."""
        own, each = self._line
        return calls * own + useful * each

    def _fitted(self) -> tuple[float, float]:
        """Seconds a call, and seconds a unit of cost: 0 where calls were too alike to tell, or took the same."""
        mean, seconds = self._cost / self._weight, self._seconds / self._weight
        variance = self._squares / self._weight - mean * mean
        if variance <= (MIN_SPREAD * mean) ** 2:
            return seconds, 0.0
        # Never more than all that calls took: of calls that were much alike, chance would tell any slope.
        each = min(max(0.0, (self._products / self._weight - mean * seconds) / variance), seconds / mean)
        return max(0.0, seconds - each * mean), each
