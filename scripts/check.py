"""`test`: runs the checks that have not passed with the same inputs, within a budget, and prints one summary."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence

from . import prerequisites
from .cache import cache
from .git import git
from .images import IMAGES, ROOT, Library, libraries, library
from .suite.changes import changed_folders
from .suite.checks import Check, library_checks, shared_checks, start_checks
from .suite.execute import Execution, Outcome
from .suite.inputs import Tree
from .suite.plan import Limits, Planned, assess, ordered, simulate
from .suite.records import Record, Records
from .suite.summary import PassedBefore, failed, lines, plan_lines

MAX_WORKERS = 4
"""Checks at a time, with as many cores: most of a check's time is the import of a library, which takes one."""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's command line."""
    verb = verbs.add_parser("test", help="run every lint, type check and test that is not known to pass")
    verb.add_argument("library", nargs="*", metavar="LIB", help="only these libraries' tests (and what all share)")
    verb.add_argument(
        "--target",
        action="append",
        choices=["process", "docker"],
        help="what serves in the contract tests; may be repeated (default: process)",
    )
    verb.add_argument("--only", choices=["shared", "libraries"], help="only what no library owns, or only the rest")
    verb.add_argument("--all", action="store_true", help="also what passed before with the same inputs")
    verb.add_argument(
        "--budget",
        type=float,
        metavar="MINUTES",
        help="run the containers of unchanged libraries only as far as they fit into this time",
    )
    verb.add_argument("--limit", type=float, metavar="MINUTES", help="stop what still runs after this time")
    verb.add_argument("--plan", action="store_true", help="print what would run, and how long it may take")
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the checks, print the summary, and fail if anything failed."""
    records = Records(cache() / "verified")
    limits = Limits.of_minutes(arguments.budget, arguments.limit, is_new=records.empty)
    checks, tree = list(selected(arguments)), Tree.read(ROOT)
    digests = {check.name: tree.digest(check.inputs) for check in checks}
    found = {} if arguments.all else {name: records.find(name, digest) for name, digest in digests.items()}
    before = [PassedBefore(name, record) for name, record in found.items() if record is not None]
    changed = changed_folders(ROOT, IMAGES.relative_to(ROOT).as_posix())
    planned = ordered(
        assess(
            check,
            digests[check.name],
            tree.own_digest(check.inputs),
            records.last(check.name),
            budgeted=arguments.budget is not None,
            changed=check.library is not None and check.library.context.name in changed,
        )
        for check in checks
        if found.get(check.name) is None
    )
    workers = min(os.cpu_count() or 1, MAX_WORKERS)
    if arguments.plan:
        slots = simulate(planned, workers, limits)
        begun = {slot.planned.check.name for slot in slots}
        print("\n".join(plan_lines(slots, before, [one for one in planned if one.check.name not in begun])))
        return 0
    prerequisites.install(arguments.target or ["process"])
    return execute(planned, before, records, limits, workers)


def selected(arguments: argparse.Namespace) -> Iterator[Check]:
    """The checks that the command line names."""
    chosen: list[Library] = [library(name) for name in arguments.library]
    targets: list[str] = arguments.target or ["process"]
    if arguments.only != "libraries":
        yield from shared_checks()
        yield from start_checks(targets) if not chosen else ()
    if arguments.only != "shared":
        for known in chosen or libraries():
            yield from library_checks(known, targets)


def execute(
    planned: Sequence[Planned], before: Sequence[PassedBefore], records: Records, limits: Limits, workers: int
) -> int:
    """Run the planned checks, record each pass, and print the summary; 1 if anything failed, else 0."""
    outcomes: list[Outcome] = []
    commit = git(ROOT, "rev-parse", "--short", "HEAD")

    def report(outcome: Outcome) -> None:
        outcomes.append(outcome)
        one, counts = outcome.planned, outcome.counts
        print(f"-- {one.check.name}: {outcome.status}", flush=True)
        # A skipped test may fail where it runs; a file that changed meanwhile may have been read before or after.
        if outcome.status == "passed" and not counts.skipped and Tree.read(ROOT).digest(one.check.inputs) == one.digest:
            times = (outcome.seconds, outcome.preparation_seconds)
            records.add(one.check.name, Record(one.digest, one.own, time.time(), commit, counts.passed, *times))

    left = Execution(planned, limits, report).run(workers)
    print("\n" + "\n".join(lines(outcomes, before, left)))
    return 1 if failed(outcomes, left) else 0
