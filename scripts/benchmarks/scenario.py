"""What a scenario is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

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

    def times(self, factor: float) -> Effort:
        """The same, with measurements that are so many times as long."""
        return replace(self, seconds=self.seconds * factor)


FULL = Effort("full", 5, 4.0, 3)
QUICK = Effort("quick", 2, 1.0, 1)

Tell = Callable[[str], None]
Run = Callable[["Scenario", Effort, Tell], list[Row]]


@dataclass(frozen=True)
class Scenario:
    """One sitting: `run` measures the targets under the loads.

    `figures` are those of its table, and `plotted` the one drawn over `over`, a column of its rows. Its
    measurements are `longer` times as long as usual. One that is `apart` is measured only when asked for by name.
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
    longer: float = 1.0
    apart: bool = False
