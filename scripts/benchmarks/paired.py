"""Paired runs: all targets are up, each is measured in turn while the others are held still, in both orders."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from .figures import FIGURES, Row
from .running import Running, RunningServer, alike, begin, end, hold, memory
from .scenario import Effort, Scenario, Tell
from .targets import Load, Target

WARM_SECONDS = 1.0
ALIKE = 0.97  # the least cosine of two servers' vectors of one text; int8 is near 0.99


def paired(scenario: Scenario, effort: Effort, tell: Tell) -> list[Row]:
    """Every target under every load, as often as there are pairs."""
    with started(scenario.targets, tell) as running:
        warm(running, scenario.loads[-1])
        return rounds(running, scenario.loads, effort.times(scenario.longer), tell)


@contextlib.contextmanager
def started(targets: Sequence[Target], tell: Tell) -> Iterator[Mapping[str, Running]]:
    """All of them, started and held still; ended at the end. Raises SystemExit where one gives another's answer."""
    running: dict[str, Running] = {}
    try:
        for target in targets:
            tell(f"starting {target.name}")
            running[target.name] = begin(target)
            _compare(running)
            hold(running[target.name].process, still=True)
        yield running
    finally:
        for one in running.values():
            hold(one.process, still=False)
            end(one.process)


def warm(running: Mapping[str, Running], load: Load) -> None:
    """Let each do some of a load, so that what it sets up lazily is there."""
    for one in running.values():
        with awake(one):
            one.measure(load, WARM_SECONDS, 0)


def rounds(running: Mapping[str, Running], loads: Sequence[Load], effort: Effort, tell: Tell) -> list[Row]:
    """The rows of all pairs; those of one pair and load are measured one right after the other."""
    rows: list[Row] = []
    for load in loads:
        for pair in range(effort.pairs):
            names = list(running) if pair % 2 == 0 else list(running)[::-1]
            for name in names:
                row = measured(running[name], name, load, effort.seconds, pair)
                rows.append(row)
                speed = next(f"{row[figure]:.1f} {FIGURES[figure]}" for figure in ("rate", "tokens") if figure in row)
                tell(f"{load.name}, pair {pair + 1}: {name}: {speed}, p50 {row['p50']:.1f} ms")
    return rows


def measured(one: Running, name: str, load: Load, seconds: float, pair: int) -> dict[str, float | str]:
    """One row."""
    with awake(one):
        figures = one.measure(load, seconds, pair)
        return {"target": name, "load": load.name, "clients": load.clients, "pair": pair, **figures,
                "memory": memory(one.process)}  # fmt: skip


@contextlib.contextmanager
def awake(one: Running) -> Iterator[None]:
    """Inside, it runs; after it, it is held still again."""
    hold(one.process, still=False)
    try:
        yield
    finally:
        hold(one.process, still=True)


def _compare(running: Mapping[str, Running]) -> None:
    """Hold the last one's vector of the first text to that of the first one."""
    told = [one for one in running.values() if isinstance(one, RunningServer) and one.target.answer is not None]
    if len(told) < 2 or list(running.values())[-1] is not told[-1]:
        return
    first, last = told[0], told[-1]
    with awake(first):
        cosine = alike(first.vector(), last.vector())
    if cosine < ALIKE:
        raise SystemExit(f"{last.target.name} answers otherwise than {first.target.name}: cosine {cosine:.3f}")
