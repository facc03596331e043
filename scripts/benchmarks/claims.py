"""Claims: what is said of a scenario, as data, and what its rows say to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .figures import RATES, Row, Spread, by_pair, spread

By = Literal["ratio", "difference", "value"]
COMPARE: Mapping[By, Callable[[float, float], float]] = {
    "ratio": lambda one, other: one / other if other else math.inf,
    "difference": lambda one, other: one - other,
    "value": lambda one, other: one,
}


@dataclass(frozen=True)
class Claim:
    """A figure of `one` target against the best of `others` in the same pair (`by` `value`: of `one` alone).

    `least` or `most` is what is asked of the median.
    """

    says: str
    figure: str
    load: str
    one: str
    others: Sequence[str] = ()
    by: By = "ratio"
    least: float | None = None
    most: float | None = None
    others_load: str | None = None

    @property
    def asked(self) -> str:
        """What is asked, for a table."""
        return f"≥ {self.least:g}" if self.least is not None else f"≤ {self.most:g}"

    def holds(self, found: Spread) -> bool:
        """Whether the median is as asked."""
        return (self.least is None or found.median >= self.least) and (self.most is None or found.median <= self.most)


def judge(claim: Claim, rows: Sequence[Row]) -> Spread | None:
    """What the rows say to a claim; None where no pair has both sides."""
    ours = by_pair(rows, claim.one, claim.load, claim.figure)
    load = claim.others_load or claim.load
    theirs = [by_pair(rows, other, load, claim.figure) for other in claim.others]
    best = max if claim.figure in RATES else min
    compared = []
    for pair, value in ours.items():
        known = [other[pair] for other in theirs if pair in other]
        if known or claim.by == "value":
            compared.append(COMPARE[claim.by](value, best(known) if known else 0.0))
    finite = [value for value in compared if math.isfinite(value)]
    return spread(finite) if finite else None
