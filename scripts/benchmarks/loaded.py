"""Requests that come by chance: latency over load, and what becomes of a server that is asked too much."""

from __future__ import annotations

import time
from dataclasses import replace

import httpx

from .figures import Row
from .paired import awake, measured, rounds, started, warm
from .running import Running, RunningServer
from .scenario import Effort, Scenario, Tell
from .targets import Load, clients

SATURATED = clients(32)[0]
FRACTIONS = (0.25, 0.5, 0.75, 0.95)
TOO_SLOW = 5_000  # ms; a target whose p95 is above is not asked for more
OVER = 3.0  # times the capacity
RECOVERED = 2.0  # times the usual latency
GIVE_UP_SECONDS = 20.0
MINUTE = 15  # times the seconds of a full measurement


def over_load(scenario: Scenario, effort: Effort, tell: Tell) -> list[Row]:
    """Every target at the same rates: fractions of what the first one can do."""
    rows: list[Row] = []
    with started(scenario.targets, tell) as running:
        warm(running, SATURATED)
        first = next(iter(running))
        capacity = float(measured(running[first], first, SATURATED, effort.seconds, 0)["rate"])
        left = dict(running)
        for fraction in FRACTIONS:
            load = Load(f"{fraction:g} of our capacity", rate=fraction * capacity)
            found = [{**row, "offered": fraction * capacity} for row in rounds(left, [load], effort, tell)]
            rows += found
            for name in {str(row["target"]) for row in found if _is_too_much(row)} - {first}:
                tell(f"{name} cannot follow any more")
                del left[name]
            for one in left.values():
                _drain(one)
    return rows


def overload(scenario: Scenario, effort: Effort, tell: Tell) -> list[Row]:
    """The one target at three times its capacity, and how long after that it answers as fast as ever."""
    (name,), load = [target.name for target in scenario.targets], scenario.loads[0]
    rows: list[Row] = []
    with started(scenario.targets, tell) as running:
        one = running[name]
        assert isinstance(one, RunningServer)
        warm(running, SATURATED)
        for pair in range(effort.pairs):
            usual = float(measured(one, name, clients(1)[0], effort.seconds, pair)["p50"])
            capacity = measured(one, name, SATURATED, effort.seconds, pair)
            offered = Load(load.name, rate=OVER * float(capacity["rate"]))
            row = measured(one, name, offered, effort.seconds * 2, pair)
            row |= {"offered": OVER * float(capacity["rate"]), "recovery": float(row["drain"]) + _recovery(one, usual)}
            rows += [capacity, row]
            tell(f"pair {pair + 1}: {row['rate']:.0f}/s of {row['offered']:.0f}/s served, p99 {row['p99']:.0f} ms")
    return rows


def soak(scenario: Scenario, effort: Effort, tell: Tell) -> list[Row]:
    """The one target at three times its capacity for a minute of each load."""
    (name,) = [target.name for target in scenario.targets]
    rows: list[Row] = []
    with started(scenario.targets, tell) as running:
        warm(running, SATURATED)
        capacity = float(measured(running[name], name, SATURATED, effort.seconds, 0)["rate"])
        for load in scenario.loads:
            row = measured(running[name], name, replace(load, rate=OVER * capacity), effort.seconds * MINUTE, 0)
            rows.append({**row, "offered": OVER * capacity})
            tell(f"{load.name}: {row['rate']:.0f}/s served, {row['memory']:.0f} MB")
    return rows


def _is_too_much(row: Row) -> bool:
    return float(row["failed"]) > 0 or not float(row["p95"]) < TOO_SLOW


def _drain(one: Running) -> None:
    """Wait until it has nothing left to do."""
    if isinstance(one, RunningServer):
        with awake(one):
            one.ask(one.target.bodies()[0])


def _recovery(one: RunningServer, usual: float) -> float:
    """Seconds until a single request is answered about as fast as usual, in ms."""
    began = time.monotonic()
    with awake(one):
        while time.monotonic() - began < GIVE_UP_SECONDS:
            asked = time.monotonic()
            try:
                answer = one.ask(one.target.bodies()[0])
            except httpx.TransportError:
                continue
            if answer.status_code == 200 and (time.monotonic() - asked) * 1000 < RECOVERED * usual:
                return asked - began
    return GIVE_UP_SECONDS
