"""The plan of a run: what must run, what may, in which order, and what fits."""

from __future__ import annotations

import itertools
import math

import pytest

from scripts.images import libraries, library
from scripts.suite.checks import Check, Group
from scripts.suite.inputs import Inputs
from scripts.suite.plan import (
    PREPARE_TORCH_SECONDS,
    REPEAT_PREPARE_SECONDS,
    RESERVE_SECONDS,
    Limits,
    Planned,
    assess,
    next_check,
    ordered,
    simulate,
)
from scripts.suite.records import Record

KNOWN = library("timm")
NUMBERS = itertools.count()


def check(group: Group = "docker") -> Check:
    known = None if group == "shared" else KNOWN
    return Check(f"{group} {next(NUMBERS)}", group, ("true",), Inputs(()), library=known)


def record(own: str = "own", when: float = 1000.0, seconds: float = 100.0, preparation: float = 200.0) -> Record:
    return Record("before", own, when, "abc", 10, seconds, preparation)


def planned(seconds: float, *, required: bool = False, when: float | None = None, group: Group = "docker") -> Planned:
    last = None if when is None else record(when=when)
    return Planned(check(group), "now", "own", required, last, seconds, 0.0)


@pytest.mark.parametrize(
    ("group", "last", "budgeted", "changed", "required"),
    [
        ("docker", record("own"), True, False, False),  # something that libraries share changed
        ("docker", record("other"), True, False, True),  # the library itself changed since it passed
        ("docker", None, True, False, False),
        ("docker", None, True, True, True),
        ("docker", record("own"), False, False, True),  # without a budget all is required
        ("process", record("own"), True, False, True),
        ("types", record("own"), True, False, True),
        ("shared", record("own"), True, False, True),
    ],
)
def test_what_a_submission_can_break_is_required(
    group: Group, last: Record | None, budgeted: bool, changed: bool, required: bool
) -> None:
    assert assess(check(group), "now", "own", last, budgeted=budgeted, changed=changed).required is required


def test_estimates_are_of_the_last_pass() -> None:
    same = assess(check(), "now", "own", record(), budgeted=True, changed=False)
    assert (same.seconds, same.preparation_seconds) == (100.0, REPEAT_PREPARE_SECONDS)
    other = assess(check(), "now", "other", record(), budgeted=True, changed=False)
    assert (other.seconds, other.preparation_seconds) == (100.0, 200.0)


def test_a_check_that_never_passed_is_guessed_by_its_tasks_and_by_torch() -> None:
    guesses = {known.name: assess(Check("x", "docker", (), Inputs(()), library=known), "now", "own", None,
                                  budgeted=True, changed=False) for known in libraries()}  # fmt: skip
    assert guesses["transformers"].seconds > guesses["timm"].seconds > guesses["hibari"].seconds > 0
    assert guesses["timm"].preparation_seconds == PREPARE_TORCH_SECONDS["docker"]
    assert guesses["hibari"].preparation_seconds < PREPARE_TORCH_SECONDS["docker"]


def test_required_checks_come_by_group_and_length_and_the_rest_by_the_time_since_they_passed() -> None:
    never, old, new = planned(1), planned(2, when=10.0), planned(3, when=20.0)
    docker, long, short = (
        planned(900, required=True),
        planned(500, required=True, group="process"),
        planned(50, required=True, group="process"),
    )
    shared = planned(5, required=True, group="shared")
    types = planned(5, required=True, group="types")
    assert ordered([new, docker, short, never, long, old, types, shared]) == [
        shared, types, long, short, docker, never, old, new
    ]  # fmt: skip


def test_an_optional_check_begins_only_if_it_is_expected_to_end_in_the_budget() -> None:
    large, small, must = planned(61, when=1.0), planned(60, when=2.0), planned(1000, required=True)
    limits = Limits(budget=100.0, limit=500.0)
    assert next_check([large, small], 40.0, limits) is small
    assert next_check([large, small], 41.0, limits) is None
    assert next_check([large, must], 41.0, limits) is must
    assert next_check([], 0.0, Limits()) is None


def test_a_new_machine_has_the_limit_for_its_budget_but_for_a_reserve() -> None:
    assert Limits.of_minutes(22, 80, is_new=False) == Limits(22 * 60.0, 80 * 60.0)
    assert Limits.of_minutes(22, 80, is_new=True) == Limits(80 * 60.0 - RESERVE_SECONDS, 80 * 60.0)
    assert Limits.of_minutes(None, None, is_new=False) == Limits(math.inf, math.inf)


def test_a_simulation_keeps_every_worker_busy_and_the_order() -> None:
    checks = [planned(60, required=True), planned(30, required=True), planned(40), planned(100), planned(20)]
    slots = simulate(checks, 2, Limits(budget=100.0))
    begun = [(checks.index(slot.planned), slot.start, slot.end) for slot in slots]
    assert begun == [(0, 0.0, 60.0), (1, 0.0, 30.0), (2, 30.0, 70.0), (4, 60.0, 80.0)]
