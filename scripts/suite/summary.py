"""The summary of a run: checks that ran, that passed before, and that did not run."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .execute import Outcome
from .plan import Planned, Slot
from .records import Record


@dataclass(frozen=True)
class PassedBefore:
    """A check that passed before with the same inputs."""

    name: str
    record: Record


def lines(outcomes: Sequence[Outcome], before: Sequence[PassedBefore], left: Sequence[Planned]) -> Iterator[str]:
    """The summary; its last line holds the counts of the tests that ran, where a required check that did not run to its
    end is one failed test."""
    yield "Summary"
    for outcome in outcomes:
        counts = outcome.counts
        state = {"passed": "ok", "failed": "FAILED", "stopped": "STOPPED"}[outcome.status]
        numbers = f"{counts.passed:5} passed {counts.failed:4} failed {counts.skipped:4} skipped"
        times = f"{outcome.seconds:8.1f} s, {outcome.preparation_seconds:.1f} s to prepare"
        yield f"  {state:8}{outcome.planned.check.name:36}{numbers}{times}"
    yield from passed_before_lines(before)
    yield from _left_lines(outcomes, left)
    yield ""
    yield _totals(outcomes, left)


def passed_before_lines(before: Iterable[PassedBefore]) -> Iterator[str]:
    """A line for each check that passed before."""
    for one in before:
        record = one.record
        yield f"  known   {one.name:36}{record.tests:5} passed before at {record.digest} ({_day(record)})"


def _left_lines(outcomes: Sequence[Outcome], left: Sequence[Planned]) -> Iterator[str]:
    for outcome in outcomes:
        if outcome.status == "stopped":
            yield f"  not run {outcome.planned.check.name:36}stopped after {outcome.seconds:.0f} s"
    for one in left:
        minutes = (one.seconds + one.preparation_seconds) / 60
        before = f"passed last at {one.last.digest} ({_day(one.last)})" if one.last else "never passed on this machine"
        why = "was not begun before the end" if one.required else f"{minutes:.1f} min did not fit into the budget"
        yield f"  not run {one.check.name:36}{why}; {before}"


def plan_lines(slots: Sequence[Slot], before: Sequence[PassedBefore], left: Sequence[Planned]) -> Iterator[str]:
    """A line for each check that would run, with its expected times, and for each that would not."""
    for slot in slots:
        one, kind = slot.planned, "required" if slot.planned.required else "optional"
        times = f"{slot.start / 60:6.1f} to {slot.end / 60:6.1f} min"
        need = f"{one.preparation_seconds:.0f} s to prepare, {one.seconds:.0f} s" + ("" if one.last else ", guessed")
        yield f"  {kind:10}{one.check.name:36}{times} ({need})"
    yield from passed_before_lines(before)
    for one in left:
        yield f"  not run   {one.check.name:36}does not fit into the budget"
    end = max((slot.end for slot in slots), default=0.0)
    yield f"\n{len(slots)} checks in about {end / 60:.1f} min, {len(before)} passed before, {len(left)} not run"


def _day(record: Record) -> str:
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.when))
    return f"{day}, commit {record.commit}" if record.commit else day


def failed(outcomes: Sequence[Outcome], left: Sequence[Planned]) -> int:
    """How many tests failed, and required checks did not run to their end."""
    ended = sum(outcome.counts.failed for outcome in outcomes if outcome.status != "stopped")
    stopped = sum(outcome.status == "stopped" and outcome.planned.required for outcome in outcomes)
    return ended + stopped + sum(one.required for one in left)


def _totals(outcomes: Sequence[Outcome], left: Sequence[Planned]) -> str:
    ended = [outcome.counts for outcome in outcomes if outcome.status != "stopped"]
    skipped = sum(one.skipped for one in ended)
    total = f"{sum(one.passed for one in ended)} passed, {failed(outcomes, left)} failed"
    return f"{total}, {skipped} skipped" if skipped else total
