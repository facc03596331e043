"""Runs every step, also after one that failed, and writes the findings: `gpu.json`, `gpu.md`, `logs.txt`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil

from .cases import CASES, ON_DEMAND, Case
from .checks import Finding, Run, Served, as_rows, generator, on_demand
from .servers import ROOT

MODEL_SECONDS = 150  # to write one
LOG_BYTES = 20_000  # of each log's end, kept


class Verification:
    """One run: the findings so far, and the time that is left."""

    def __init__(self, run: Run, out: Path, end: float) -> None:
        self.run, self.out, self._end = run, out, end
        self.checks: list[Finding] = []
        self.machine: dict[str, object] = {}

    @property
    def left(self) -> float:
        """Seconds."""
        return self._end - time.monotonic()

    def step(self, name: str, call: Callable[[], Sequence[Finding]]) -> None:
        """Run one step and record its findings; a step that fails, or has no time left, is one that did not pass."""
        if self.left <= 0:
            self._add([Finding(name, "no time was left", "to be run", False)])
            return
        begun = time.monotonic()
        try:
            found = call()
        except Exception as error:
            found = [Finding(name, f"{type(error).__name__}: {error}", "to be run", False)]
        print(f"-- {name}: {time.monotonic() - begun:.0f} s", flush=True)
        self._add(found)

    def give_up(self) -> None:
        """Kill every process that was started and exit 1: the running step exceeded the time limit."""
        self._add([Finding("time", "the last step took too long", "to end in time", False)])
        for process in psutil.Process().children(recursive=True):
            process.kill()
        os._exit(1)

    def _add(self, checks: Sequence[Finding]) -> None:
        for check in checks:
            print(
                f"   {'ok ' if check.passed else 'NOT'} {check.name}: {check.seen} (wanted {check.wanted})", flush=True
            )
        self.checks += checks
        self.write()

    def write(self) -> None:
        """Write `gpu.json`, `gpu.md` and the ends of the logs."""
        report = {"machine": self.machine, "checks": as_rows(self.checks)}
        self.out.joinpath("gpu.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
        lines = ["| check | seen | wanted | |", "|---|---|---|---|"]
        for check in self.checks:
            seen = str(check.seen).replace("|", "/").replace("\n", " ")[:300]
            lines.append(f"| {check.name} | {seen} | {check.wanted} | {'ok' if check.passed else '**not**'} |")
        about = "\n".join(f"{name}: {value}" for name, value in self.machine.items())
        self.out.joinpath("gpu.md").write_text(f"{about}\n\n" + "\n".join(lines) + "\n", encoding="utf-8")
        logs = [f"== {file.name}\n{_end(file)}" for file in sorted((self.run.folder / "logs").iterdir())]
        self.out.joinpath("logs.txt").write_text("\n".join(logs), encoding="utf-8")


def main() -> int:
    """Exit status 0 where every check passed, else 1."""
    parser = argparse.ArgumentParser()
    for name in ("--out", "--work"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--device")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--only", nargs="*", default=[], choices=[case.name for case in CASES])
    arguments = parser.parse_args()
    cases = [case for case in CASES if not arguments.only or case.name in arguments.only]
    end = time.monotonic() + arguments.seconds
    for folder in (arguments.out, arguments.work / "logs", arguments.work / "hub"):
        folder.mkdir(parents=True, exist_ok=True)
    os.environ |= {"HF_HUB_CACHE": str(arguments.work / "hub"), "HF_HUB_OFFLINE": "1", "LOG_FORMAT": "json"}
    seconds, clients = (1.0, 4) if arguments.small else (5.0, 64)
    run = Run(arguments.work, arguments.device or "cuda:0", arguments.device, seconds, clients)
    verification = Verification(run, arguments.out, end)
    verification.machine = _machine()
    print(json.dumps(verification.machine, indent=1), flush=True)
    watchdog = threading.Timer(arguments.seconds, verification.give_up)
    watchdog.daemon = True
    watchdog.start()
    verification.step("load generator", lambda: generator(run))
    verification.step("the models", lambda: _write_models(run, cases, small=arguments.small))
    _verify(verification, cases)
    failed = [check for check in verification.checks if not check.passed]
    print(f"{len(verification.checks) - len(failed)} of {len(verification.checks)} checks passed.", flush=True)
    return 1 if failed else 0


def _verify(verification: Verification, cases: Sequence[Case]) -> None:
    run, served = verification.run, list[Served]()
    at_once = max(1, (os.cpu_count() or 1) // 4)

    def place(case: Case) -> Callable[[], Sequence[Finding]]:
        one = Served(run, case)
        served.append(one)
        return one.placed

    try:
        # Answers side by side, as far as there are cores; speed one after the other.
        for first in range(0, len(cases), at_once):
            some = cases[first : first + at_once]
            calls = [place(case) for case in some]
            with ThreadPoolExecutor(at_once) as pool:
                futures = [pool.submit(call) for call in calls]
                for case, future in zip(some, futures, strict=True):
                    verification.step(f"{case.name}: answers", future.result)
        for one in served:
            verification.step(f"{one.case.name}: speed", one.throughput)
        if set(ON_DEMAND) <= set(cases):
            verification.step("on demand", lambda: on_demand(run))
    finally:
        for one in served:
            one.stop()


def _write_models(run: Run, cases: Sequence[Case], *, small: bool) -> Sequence[Finding]:
    """Write every model, each in a process of its own."""

    def write(case: Case) -> Finding:
        folder = run.folder / "hub" / f"models--{case.model.replace('/', '--')}"
        command = [sys.executable, "-m", "scripts.gpu.models", case.name, str(folder), "small" if small else "full"]
        done = subprocess.run(
            command, cwd=ROOT / "docker_images" / "transformers", capture_output=True, text=True, timeout=MODEL_SECONDS,
            check=False,
        )  # fmt: skip
        seen = "written" if done.returncode == 0 else done.stderr[-1000:]
        return Finding(f"{case.name}: model", seen, "written", done.returncode == 0)

    with ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 2)) as pool:
        return list(pool.map(write, cases))


def _machine() -> dict[str, object]:
    import torch

    about: dict[str, object] = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
    }
    if torch.cuda.is_available():
        properties: Any = torch.cuda.get_device_properties(0)
        about |= {"gpu": properties.name, "gpu_memory_gib": round(properties.total_memory / 2**30, 1),
                  "capability": f"{properties.major}.{properties.minor}", "cuda": torch.version.cuda}  # fmt: skip
    return about


def _end(file: Path) -> str:
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - LOG_BYTES))
        return opened.read().decode(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
