"""The document and the plots, of results alone: the same results make the same text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .claims import judge
from .figures import FIGURES, Row, Spread, by_pair, spread
from .results import Sitting
from .scenario import QUICK, Scenario

HEAD = """# Benchmarks

Written by `./manage.py bench` from [results.json](benchmarks/results.json); do not edit. `./manage.py bench --quick`
takes a few minutes and shows whether all works; `./manage.py bench` measures on a quiet machine. A peer is installed
from its lock, in an environment of its own, under `scripts/benchmarks/peers/`.

How it is measured: in a pair, the servers are asked one right after the other, in turn in both orders, by a load
generator in a process of its own (autocannon; undici where requests come by chance), while the other servers are
held still. A ratio is of the two figures of one pair; told is the median of the pairs, and in brackets the lowest and
the highest. Compare ratios, not figures: those are of this machine.
"""
BUSY = 10.0  # per cent of its cores' time above which a machine is called busy with other work


def document(sittings: Mapping[str, Sitting], scenarios: Sequence[Scenario]) -> str:
    """The text of docs/benchmarks.md; scenarios that were not measured are named as such."""
    parts = [HEAD]
    for scenario in scenarios:
        parts.append(f"\n## {scenario.title}\n\n{scenario.about}\n")
        sitting = sittings.get(scenario.name)
        if sitting is None:
            parts.append(f"\nNot measured yet (`./manage.py bench --scenario {scenario.name}`).\n")
            continue
        parts += [f"\n{told(sitting)}\n", _claims(scenario, sitting), _figures(scenario, sitting)]
        if scenario.plotted:
            parts.append(f"\n![{scenario.title}](benchmarks/{scenario.name}.svg)\n")
    return "".join([*parts, _versions(sittings)])


def told(sitting: Sitting) -> str:
    """Under which circumstances it was measured."""
    machine = ", ".join(f"{key} {value}" for key, value in sitting.machine.items())
    times = len({row["pair"] for row in sitting.rows})
    text = f"Measured {sitting.measured} at {sitting.commit}, {times} times ({sitting.effort} run); {machine}."
    if sitting.busy > BUSY:
        text += f" **The machine was busy** ({sitting.busy:g} % before it began): these are no results."
    elif sitting.effort == QUICK.name:
        text += " A quick run shows that it works; these are no results."
    return text


def _versions(sittings: Mapping[str, Sitting]) -> str:
    """What each server was made of, in which scenarios: one row each, unless it changed between them."""
    found: dict[tuple[str, str], list[str]] = {}
    for scenario, sitting in sittings.items():
        for server in sitting.versions.items():
            found.setdefault(server, []).append(scenario)
    rows = [(name, made_of, ", ".join(scenarios)) for (name, made_of), scenarios in sorted(found.items())]
    return f"\n## Versions\n\n{_table(('server', 'made of', 'in'), rows)}"


def plots(sittings: Mapping[str, Sitting], scenarios: Sequence[Scenario]) -> list[dict[str, Any]]:
    """What is drawn, as tools/plot.py reads it: a line for each target, with its lowest and highest."""
    return [
        {
            "name": scenario.name,
            "title": scenario.title,
            "x": "clients" if scenario.over == "clients" else "requests per second",
            "y": f"{scenario.plotted} ({FIGURES[scenario.plotted]})",
            "log": scenario.over != "clients",
            "series": _series(scenario, sittings[scenario.name].rows),
        }
        for scenario in scenarios
        if scenario.plotted and scenario.name in sittings
    ]


def _series(scenario: Scenario, rows: Sequence[Row]) -> list[dict[str, Any]]:
    assert scenario.plotted
    series = []
    for target in _in_order(rows, "target"):
        points = []
        for load in _in_order(rows, "load"):
            found = list(by_pair(rows, target, load, scenario.plotted).values())
            places = list(by_pair(rows, target, load, scenario.over).values())
            if found and places:
                middle = spread(found)
                points.append([spread(places).median, middle.median, middle.low, middle.high])
        series.append({"name": target, "points": points})
    return series


def _claims(scenario: Scenario, sitting: Sitting) -> str:
    rows = []
    for claim in scenario.claims:
        found = judge(claim, sitting.rows)
        shown = ("not measured", "") if found is None else (_shown(found), "yes" if claim.holds(found) else "**no**")
        rows.append((f"{claim.one}, {claim.load}", claim.says, shown[0], claim.asked, shown[1]))
    if not rows:
        return ""
    return f"\n{_table(('of', 'to', 'measured', 'asked', 'met'), rows)}"


def _figures(scenario: Scenario, sitting: Sitting) -> str:
    heads = ("target", "load", *(f"{name} ({FIGURES[name]})" for name in scenario.figures))
    rows = []
    for load in _in_order(sitting.rows, "load"):
        for target in _in_order(sitting.rows, "target"):
            found = [list(by_pair(sitting.rows, target, load, name).values()) for name in scenario.figures]
            if any(found):
                rows.append((target, load, *(_shown(spread(values)) if values else "" for values in found)))
    return f"\n{_table(heads, rows)}"


def _in_order(rows: Sequence[Row], column: str) -> list[str]:
    """The names in a column, as they first come."""
    return list(dict.fromkeys(str(row[column]) for row in rows if row.get("pair") == 0))


def _shown(found: Spread) -> str:
    middle = _number(found.median)
    return middle if found.low == found.high else f"{middle} ({_number(found.low)} to {_number(found.high)})"


def _number(value: float) -> str:
    """Three digits, as far as they say something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
