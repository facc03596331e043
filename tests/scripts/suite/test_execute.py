"""Checks as real processes: counted, prepared, side by side, and stopped at the limit."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from scripts.suite.checks import Check, Command
from scripts.suite.execute import Counts, Execution, Outcome, counts
from scripts.suite.inputs import Inputs
from scripts.suite.plan import Limits, Planned


def python(code: str) -> Command:
    return (sys.executable, "-c", code)


def planned(name: str, code: str, *prepare: str, required: bool = True) -> Planned:
    check = Check(name, "shared", python(code), Inputs(()), [python(one) for one in prepare])
    return Planned(check, "digest", "own", required, None, 1.0, 0.0)


def run(checks: list[Planned], limits: Limits | None = None, workers: int = 2) -> tuple[dict[str, Outcome], list[str]]:
    """The outcomes by name, and the names of what was not begun."""
    outcomes: dict[str, Outcome] = {}
    execution = Execution(checks, limits or Limits(), lambda one: outcomes.update({one.planned.check.name: one}))
    left = execution.run(workers)
    return outcomes, [one.check.name for one in left]


@pytest.mark.parametrize(
    ("output", "status", "expected"),
    [
        ("...\n12 passed, 3 deselected in 4.00s\n\n", 0, Counts(12, 0, 0)),
        ("1 failed, 2 passed, 1 skipped, 2 errors in 4.00s (0:00:04)", 1, Counts(2, 3, 1)),
        ("12 passed in 4.00s", 1, Counts(12, 1, 0)),  # as where too little is covered
        ("Success: no issues found in 3 source files", 0, Counts(1, 0, 0)),
        ("", 1, Counts(0, 1, 0)),
        ("no tests ran in 0.10s", 5, Counts(0, 1, 0)),
        ("5 passed\nSegmentation fault", -11, Counts(0, 1, 0)),
    ],
)
def test_tests_are_counted_from_the_last_line(output: str, status: int, expected: Counts) -> None:
    assert counts(output, status) == expected


def test_outputs_are_printed_whole(capfd: pytest.CaptureFixture[str]) -> None:
    outcomes, left = run([planned("good", "print('2 passed')"), planned("bad", "print('a' * 9); raise SystemExit(3)")])
    assert left == []
    assert (outcomes["good"].status, outcomes["good"].counts) == ("passed", Counts(2, 0, 0))
    assert (outcomes["bad"].status, outcomes["bad"].counts) == ("failed", Counts(0, 1, 0))
    printed = capfd.readouterr().out
    assert "\n== good\n2 passed\n" in printed
    assert "\n== bad\naaaaaaaaa\n" in printed


def test_a_check_whose_preparation_fails_does_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    code = f"import pathlib; pathlib.Path({str(mark)!r}).touch()"
    outcomes, _ = run([planned("check", code, "pass", "raise SystemExit('no environment')")])
    assert (outcomes["check"].status, outcomes["check"].counts) == ("failed", Counts(0, 1, 0))
    assert not mark.exists()


def test_two_workers_run_two_checks_at_a_time(tmp_path: Path) -> None:
    """Each waits for the other: alone they would never end."""
    pairs = (("a", "b"), ("b", "a"))
    code = "import pathlib, time; here = pathlib.Path({0!r}); (here / {1!r}).touch()\n" + (
        "while not (here / {2!r}).exists(): time.sleep(0.01)"
    )
    outcomes, _ = run([planned(name, code.format(str(tmp_path), name, other)) for name, other in pairs])
    assert {outcome.status for outcome in outcomes.values()} == {"passed"}


def test_at_the_limit_all_processes_of_a_check_are_stopped_and_nothing_begins(tmp_path: Path) -> None:
    child = "import time; time.sleep(100)"
    code = f"""
import pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {child!r}])
pathlib.Path({str(tmp_path / "pid")!r}).write_text(str(child.pid))
child.wait()
"""
    waiting = [planned("runs", code), planned("waits", "pass")]
    outcomes, left = run(waiting, Limits(limit=2.0), workers=1)
    assert outcomes["runs"].status == "stopped"
    assert left == ["waits"]
    pid = int((tmp_path / "pid").read_text())
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}/cmdline").is_file() and Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < end, "the check's own process still runs"
        time.sleep(0.05)


def test_an_optional_check_that_does_not_fit_is_left() -> None:
    checks = [planned("must", "pass"), planned("may", "pass", required=False)]
    outcomes, left = run(checks, Limits(budget=0.5))
    assert list(outcomes) == ["must"]
    assert left == ["may"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_check_that_cannot_even_start_is_not_lost() -> None:
    check = Check("broken", "shared", ("/no/such/program",), Inputs(()))
    _, left = run([Planned(check, "digest", "own", True, None, 1.0, 0.0)])
    assert left == ["broken"]
