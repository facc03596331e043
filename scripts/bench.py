"""`bench`: measures us, the limit and the peers, and writes docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import psutil

from .benchmarks import report, results
from .benchmarks.scenario import FULL, QUICK, Effort, Scenario
from .benchmarks.scenarios import SCENARIOS
from .envs import python_with
from .images import ROOT

DOCUMENT = ROOT / "docs" / "benchmarks.md"
LOOK_SECONDS = 3.0  # at what else the machine does
PLOTS = Path(__file__).parent / "benchmarks" / "tools"


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's command line."""
    verb = verbs.add_parser("bench", help="measure us and the peers, and write docs/benchmarks.md")
    names = [scenario.name for scenario in SCENARIOS]
    verb.add_argument("--scenario", action="append", choices=names, help="only this one; may be repeated")
    verb.add_argument("--quick", action="store_true", help="in minutes: shows that all works, not how fast")
    verb.add_argument("--resume", action="store_true", help="leave out what this commit has measured as thoroughly")
    verb.add_argument("--report", action="store_true", help="measure nothing; write the document from the results")
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure each scenario, and keep what is there after each."""
    effort = QUICK if arguments.quick else FULL
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        tempfile.tempdir = folder  # whatever a server and its settings leave behind
        for scenario in [] if arguments.report else chosen(arguments, effort):
            measure(scenario, effort)
            write()
    write()
    print(f"\nWrote {DOCUMENT.relative_to(ROOT)} after {time.monotonic() - began:.0f} s.")
    return 0


def chosen(arguments: argparse.Namespace, effort: Effort) -> list[Scenario]:
    """What is asked for and, with `--resume`, not there yet."""
    asked = arguments.scenario or [scenario.name for scenario in SCENARIOS if not scenario.apart]
    done = results.read() if arguments.resume else {}
    now = results.commit()
    fresh = {name for name, one in done.items() if one.commit == now and one.effort in (effort.name, FULL.name)}
    return [scenario for scenario in SCENARIOS if scenario.name in asked and scenario.name not in fresh]


def measure(scenario: Scenario, effort: Effort) -> None:
    """One scenario; its results take the place of those before."""
    print(f"\n== {scenario.name} ({effort.name})", flush=True)
    busy, began = psutil.cpu_percent(LOOK_SECONDS), time.monotonic()
    if busy > report.BUSY:
        print(f"  this machine is busy ({busy:.0f} %), so that what follows is no result", flush=True)
    rows = scenario.run(scenario, effort, lambda line: print(f"  {line}", flush=True))
    now = results.sitting(effort.name, time.monotonic() - began, busy, rows)
    results.write({**results.read(), scenario.name: now})


def write() -> None:
    """The document and the plots, from the results."""
    sittings = results.read()
    DOCUMENT.write_text(report.document(sittings, SCENARIOS))
    told = json.dumps(report.plots(sittings, SCENARIOS))
    python = python_with("bench-plots", PLOTS / "plots.txt")
    subprocess.run([python, PLOTS / "plot.py", results.FILE.parent], input=told, text=True, check=True)
