"""`test`: lint, types and tests, ending in one summary."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import prerequisites
from .build import build
from .cache import cache
from .envs import python_of
from .images import ROOT, Library, libraries, library

WORKERS = ("--numprocesses", "auto", "--maxprocesses", "4", "--dist", "loadgroup")
"""Most of a contract test's time is a library's import, which takes one core."""


@dataclass(frozen=True)
class Result:
    """One check: `passed` and `failed` count its tests (a check without tests is one)."""

    name: str
    passed: int
    failed: int
    seconds: float


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's command line."""
    verb = verbs.add_parser("test", help="run every lint, type check and test")
    verb.add_argument("library", nargs="*", metavar="LIB", help="only these libraries' contract tests")
    verb.add_argument(
        "--target",
        action="append",
        choices=["process", "docker"],
        help="what serves in the contract tests; may be repeated (default: process)",
    )
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run everything, print the summary, and fail if anything failed."""
    chosen = [library(name) for name in arguments.library] or libraries()
    pythons = {known.name: python_of(known) for known in chosen}
    python = [sys.executable, "-m"]
    prerequisites.install(arguments.target or ["process"])
    # Before the tests, whose time-outs are for what they test.
    if "docker" in (arguments.target or []) and build(chosen):
        raise SystemExit("An image could not be built; the lines above say why.")
    narrowed = [f"--library={known.name}" for known in chosen]
    narrowed += [f"--target={target}" for target in arguments.target or ["process"]]
    results = [
        _check("ruff check", [*python, "ruff", "check", "."]),
        _check("ruff format", [*python, "ruff", "format", "--check", "."]),
        _check("mypy common", [*python, "mypy", "common/src"]),
        _check("mypy scripts, tests", [*python, "mypy", "-p", "scripts", "-p", "tests"]),
        # A variant has not all that its library's app is typed by.
        *(_types(known, pythons[known.name]) for known in chosen if known.folder == known.context),
        _check("common", [*python, "pytest", "-q", "common/tests", "--cov=inference_common", "--cov-report=term"]),
        _check("contract", [*python, "pytest", "-q", "tests", *WORKERS, *narrowed]),
    ]
    return _summary(results)


def _types(known: Library, python: Path) -> Result:
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), "--python-executable"]
    # Types of the library's environment take most of the time, and outlive this checkout.
    command += [str(python), "--cache-dir", str(cache() / "mypy" / known.name), "-p", "app"]
    environment = {"MYPYPATH": os.pathsep.join((str(ROOT / "common" / "src"), str(known.folder)))}
    return _check(f"mypy {known.hub_name}", command, environment, known.folder)


def _check(
    name: str, command: Sequence[str], environment: Mapping[str, str] | None = None, folder: Path = ROOT
) -> Result:
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    last = ""
    for line in process.stdout:
        print(line, end="", flush=True)
        last = line if line.strip() else last
    failed = process.wait() != 0
    seconds = time.monotonic() - started
    counted = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|errors?)", last)}
    if not counted:
        return Result(name, int(not failed), int(failed), seconds)
    bad = sum(number for word, number in counted.items() if word != "passed")
    return Result(name, counted.get("passed", 0), max(bad, int(failed)), seconds)


def _summary(results: Sequence[Result]) -> int:
    print("\nSummary")
    for result in results:
        state = "FAILED" if result.failed else "ok"
        print(f"  {state:7}{result.name:28}{result.passed:5} passed {result.failed:4} failed {result.seconds:8.1f} s")
    failed = sum(result.failed for result in results)
    print(f"\n{sum(result.passed for result in results)} passed, {failed} failed")
    return 1 if failed else 0
