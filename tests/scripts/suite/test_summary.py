"""The summary: what ran, what passed before, what did not run, and one line of counts that a program reads."""

from __future__ import annotations

import pytest

from scripts.suite.checks import Check
from scripts.suite.execute import Counts, Outcome, Status
from scripts.suite.inputs import Inputs
from scripts.suite.plan import Limits, Planned, simulate
from scripts.suite.records import Record
from scripts.suite.summary import PassedBefore, lines, plan_lines

RECORD = Record("0123456789ab", "own", 1_790_000_000.0, "b951165", 40, 12.5, 3.5)
LIMITS = Limits(budget=22 * 60.0, limit=80 * 60.0)


def planned(name: str, *, required: bool = True, last: Record | None = None) -> Planned:
    return Planned(Check(name, "docker", (), Inputs(())), "now", "own", required, last, 120.0, 30.0)


def outcome(name: str, status: Status, counts: Counts, *, required: bool = True) -> Outcome:
    return Outcome(planned(name, required=required), status, counts, 30.0, 120.0)


@pytest.mark.parametrize(
    ("outcomes", "left", "last"),
    [
        ([], [], "0 passed, 0 failed"),
        ([outcome("a", "passed", Counts(3, 0, 0)), outcome("b", "failed", Counts(1, 2, 0))], [], "4 passed, 2 failed"),
        ([outcome("a", "passed", Counts(3, 0, 2))], [], "3 passed, 0 failed, 2 skipped"),
        ([outcome("a", "stopped", Counts(3, 1, 0))], [], "0 passed, 1 failed"),
        ([outcome("a", "stopped", Counts(3, 1, 0), required=False)], [], "0 passed, 0 failed"),
        ([], [planned("a"), planned("b", required=False)], "0 passed, 1 failed"),
    ],
)
def test_the_last_line_counts(outcomes: list[Outcome], left: list[Planned], last: str) -> None:
    assert list(lines(outcomes, [], left))[-2:] == ["", last]


def test_what_did_not_run_is_listed_with_the_reason() -> None:
    left = [planned("never", required=False), planned("late", last=RECORD)]
    text = "\n".join(lines([outcome("stopped", "stopped", Counts(0, 1, 0))], [PassedBefore("known", RECORD)], left))
    assert "never                               2.5 min did not fit into the budget; never passed" in text
    assert "late                                was not begun before the end; passed last at 0123456789ab" in text
    assert "stopped                             stopped after 120 s" in text
    assert "40 passed before at 0123456789ab (2026-09-21" in text
    assert "commit b951165" in text


def test_a_plan_says_what_would_run_and_when() -> None:
    checks = [planned("must"), planned("may", required=False)]
    slots = simulate(checks[:1], 1, LIMITS)
    text = "\n".join(plan_lines(slots, [PassedBefore("known", RECORD)], checks[1:]))
    assert "required  must" in text
    assert "0.0 to    2.5 min (30 s to prepare, 120 s, guessed)" in text
    assert "not run   may" in text
    assert text.endswith("1 checks in about 2.5 min, 1 passed before, 1 not run")
