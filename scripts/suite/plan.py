"""Which checks run, and in which order, within a budget; pure functions of the checks and their records."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .checks import Check, Group
from .records import Record

ORDER: Sequence[Group] = ("shared", "types", "process", "docker")
SHARED_SECONDS = 60.0
SECONDS_PER_TASK = {"types": 2.0, "process": 40.0, "docker": 25.0}
BASE_SECONDS = {"types": 20.0, "process": 30.0, "docker": 30.0}
PREPARE_SECONDS = {"types": 30.0, "process": 5.0, "docker": 45.0}
PREPARE_TORCH_SECONDS = {"types": 150.0, "process": 5.0, "docker": 180.0}
"""Guesses for a check that never passed on this machine; an environment is made for the types, which come first."""
REPEAT_PREPARE_SECONDS = 20.0
"""To prepare a check whose library's own files have not changed: shared stages may have to be built again."""
RESERVE_SECONDS = 600.0
"""How long before the limit an optional check of a new machine must be expected to end: its estimates are guesses."""


@dataclass(frozen=True)
class Planned:
    """A check to run. A required one always runs, and fails the suite where it cannot; an optional one runs within the
    budget. `seconds` and `preparation_seconds` are estimates; `own` is the digest of the library's own inputs."""

    check: Check
    digest: str
    own: str
    required: bool
    last: Record | None
    seconds: float
    preparation_seconds: float


@dataclass(frozen=True)
class Limits:
    """Seconds since the beginning: by `budget` an optional check must be expected to end, or it does not begin; at
    `limit` every running check is stopped."""

    budget: float = math.inf
    limit: float = math.inf

    @classmethod
    def of_minutes(cls, budget: float | None, limit: float | None, *, is_new: bool) -> Limits:
        """Limits in minutes, None for none. A new machine has nothing to choose the optional checks by, nor a reason to
        be as quick as one that has passed them before: its budget is the limit, but for a reserve."""
        seconds = math.inf if limit is None else 60 * limit
        if budget is None or is_new:
            return cls(seconds - RESERVE_SECONDS, seconds)
        return cls(60 * budget, seconds)


def assess(check: Check, digest: str, own: str, last: Record | None, *, budgeted: bool, changed: bool) -> Planned:
    """Whether a check is required, and how long it may take. `changed`: whether this submission changes its library,
    for a machine that has no record of it."""
    own_changed = changed if last is None else last.own != own
    required = not budgeted or check.group != "docker" or own_changed
    if last is None:
        return Planned(check, digest, own, required, last, *_guess(check))
    preparation = last.preparation_seconds if own_changed else min(last.preparation_seconds, REPEAT_PREPARE_SECONDS)
    return Planned(check, digest, own, required, last, last.seconds, preparation)


def _guess(check: Check) -> tuple[float, float]:
    if check.library is None:
        return SHARED_SECONDS, 0.0
    prepare = PREPARE_TORCH_SECONDS if check.library.needs_torch else PREPARE_SECONDS
    tasks = len(check.library.tasks)
    return BASE_SECONDS[check.group] + SECONDS_PER_TASK[check.group] * tasks, prepare[check.group]


def ordered(planned: Iterable[Planned]) -> list[Planned]:
    """Required checks by their group, the longest first, so that no long one is left at the end; then the optional
    ones, the least recently passed first."""
    checks = list(planned)
    required = sorted((one for one in checks if one.required), key=lambda one: (_place(one), -one.seconds))
    optional = sorted((one for one in checks if not one.required), key=lambda one: one.last.when if one.last else 0.0)
    return [*required, *optional]


def _place(one: Planned) -> int:
    return ORDER.index(one.check.group)


def next_check(pending: Sequence[Planned], elapsed: float, limits: Limits) -> Planned | None:
    """The first check of `pending` that may begin `elapsed` seconds after the start; None where none fits."""
    for one in pending:
        if one.required or elapsed + one.preparation_seconds + one.seconds <= limits.budget:
            return one
    return None


@dataclass(frozen=True)
class Slot:
    """An expected run of a check, in seconds since the beginning."""

    planned: Planned
    start: float
    end: float


def simulate(planned: Sequence[Planned], workers: int, limits: Limits) -> list[Slot]:
    """The runs that are expected if each check takes as long as estimated."""
    pending, slots = list(planned), []
    free_at = [0.0] * workers
    while one := next_check(pending, start := heapq.heappop(free_at), limits):
        pending.remove(one)
        end = start + one.preparation_seconds + one.seconds
        slots.append(Slot(one, start, end))
        heapq.heappush(free_at, end)
    return slots
