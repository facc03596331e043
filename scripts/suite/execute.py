"""Run planned checks, several at a time, each in processes that can be stopped."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Literal

from ..containers import remove_containers
from ..images import ROOT
from .checks import Command
from .plan import Limits, Planned, next_check

Status = Literal["passed", "failed", "stopped"]

STOP_SECONDS = 30.0
"""How long a stopped check may take to remove its servers and containers."""
TICK_SECONDS = 60.0


@dataclass(frozen=True)
class Counts:
    """How many tests of a check passed, failed and were skipped; a command that is not pytest counts as one test."""

    passed: int
    failed: int
    skipped: int


@dataclass(frozen=True)
class Outcome:
    """The result of a check, and the seconds that the check and its preparation took."""

    planned: Planned
    status: Status
    counts: Counts
    preparation_seconds: float
    seconds: float


class Execution:
    """Runs checks in the order of the plan; `report` is called with each outcome, from one thread at a time."""

    def __init__(self, planned: Sequence[Planned], limits: Limits, report: Callable[[Outcome], None]) -> None:
        self._pending = list(planned)
        self._limits = limits
        self._report = report
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._processes: dict[subprocess.Popen[bytes], Command] = {}
        self._running: list[Planned] = []

    def run(self, workers: int) -> list[Planned]:
        """Run until no check is left that fits, or the limit is reached; returns the checks that did not run."""
        # A process whose parent ignores SIGINT ignores it too; a shell's background job does.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        threads = [threading.Thread(target=self._work) for _ in range(workers)]
        for thread in threads:
            thread.start()
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C ends a run as its limit does
            self._wait(threads)
        self._stop()
        for thread in threads:
            thread.join()
        return [*self._running, *self._pending]  # one that still counts as running ended in an error of ours

    def _wait(self, threads: Sequence[threading.Thread]) -> None:
        """Wait for the threads or the limit, and print once a minute which checks run."""
        next_tick = TICK_SECONDS
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.1)
            elapsed = time.monotonic() - self._started
            if elapsed >= self._limits.limit:
                return
            if elapsed >= next_tick:
                next_tick += TICK_SECONDS
                with self._lock:
                    names = ", ".join(one.check.name for one in self._running)
                    print(f"  ... {elapsed / 60:.0f} min; running: {names}", flush=True)

    def _stop(self) -> None:
        with self._lock:
            self._stopped.set()
            running = dict(self._processes)
        for process in running:
            _signal(process, signal.SIGINT)
        end = time.monotonic() + STOP_SECONDS
        for process, command in running.items():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, end - time.monotonic()))
            _signal(process, signal.SIGKILL)
            if "docker" in command:
                remove_containers(process.pid)

    def _work(self) -> None:
        while True:
            with self._lock:
                elapsed = time.monotonic() - self._started
                one = None if self._stopped.is_set() else next_check(self._pending, elapsed, self._limits)
                if one is None:
                    return
                self._pending.remove(one)
                self._running.append(one)
                print(f"-- {one.check.name}: started", flush=True)
            outcome = self._check(one)
            with self._lock:
                self._report(outcome)
                self._running.remove(one)

    def _check(self, one: Planned) -> Outcome:
        started = time.monotonic()
        for command in one.check.prepare:
            if status := self._run(command, None):
                return self._outcome(one, counts("", status), time.monotonic() - started, 0.0)
        prepared = time.monotonic()
        with tempfile.TemporaryFile() as output:
            status = self._run(one.check.command, output)
            output.seek(0)
            text = output.read().decode(errors="replace")
        with self._lock:
            print(f"\n== {one.check.name}\n{text}", end="", flush=True)
        return self._outcome(one, counts(text, status), prepared - started, time.monotonic() - prepared)

    def _outcome(self, one: Planned, counted: Counts, preparation: float, seconds: float) -> Outcome:
        status: Status = "passed" if not counted.failed else "stopped" if self._stopped.is_set() else "failed"
        return Outcome(one, status, counted, preparation, seconds)

    def _run(self, command: Command, output: IO[bytes] | None) -> int:
        """The exit status of a command, which has a session of its own; -1 once everything is stopped."""
        with self._lock:
            if self._stopped.is_set():
                return -1
            error = None if output is None else subprocess.STDOUT
            process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=error, start_new_session=True)
            self._processes[process] = command
        status = process.wait()
        with self._lock:
            del self._processes[process]
        return status


def counts(output: str, status: int) -> Counts:
    """The counts in the last line of pytest's output; of another command, one test that passed or failed."""
    lines = [line for line in output.splitlines() if line.strip()]
    found = re.findall(r"(\d+) (passed|failed|errors?|skipped)", lines[-1]) if lines else []
    if not found:
        return Counts(int(not status), int(bool(status)), 0)
    counted = {word: int(number) for number, word in found}
    failed = sum(number for word, number in counted.items() if word not in ("passed", "skipped"))
    return Counts(counted.get("passed", 0), max(failed, int(bool(status))), counted.get("skipped", 0))


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to all processes of a session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
