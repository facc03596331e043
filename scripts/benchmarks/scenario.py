"""What a scenario is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .claims import Claim
from .figures import Row
from .targets import Load, Target


@dataclass(frozen=True)
class Effort:
    """How long a scenario is measured: `pairs` of measurements of `seconds` each; `starts` of each server."""

    name: str
    pairs: int
    seconds: float
    starts: int


FULL = Effort("full", 5, 4.0, 5)
QUICK = Effort("quick", 2, 1.5, 1)

Tell = Callable[[str], None]
Run = Callable[["Scenario", Effort, Tell], list[Row]]


@dataclass(frozen=True)
class Scenario:
    """One sitting: `run` measures the targets under the loads.

    `figures` are those of its table, and `plotted` the one drawn over `over`, a column of its rows. One that is
    `apart` is measured only where it is asked for by name.
    """

    name: str
    title: str
    about: str
    run: Run
    targets: Sequence[Target]
    loads: Sequence[Load]
    claims: Sequence[Claim]
    figures: Sequence[str] = ("rate", "p50", "p99", "memory")
    plotted: str | None = None
    over: str = "clients"
    apart: bool = False
