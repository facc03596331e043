"""ExportProcess: the process that exports or verifies one ONNX file, and never outlives the server."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from subprocess import PIPE
from typing import Any

import psutil

from ..lifetime import end_first

MAX_SECONDS = 7200.0  # of one export: at low priority beside a busy server it may wait long for a core
NICE = 10  # above the server's: about a tenth of its share of a busy core; 19 is a seventieth, and hardly ever done
LOWEST_NICE = 19
BACKGROUND_THREADS = 1  # exporting is single-threaded for the most part: a second thread doubled the CPU time only
SHORTAGE = 75  # exit status of an export for which memory or disk ran out, as EX_TEMPFAIL of sysexits.h
Result = subprocess.CompletedProcess[str]


class ExportProcess:
    """Runs `onnx.make` for one request at a time; `stop` may be called from any thread.

    With `is_background` it runs at a low CPU and the lowest IO priority, on few threads.
    """

    def __init__(self, *, is_background: bool = False) -> None:
        self._is_background = is_background
        self._lock = threading.Lock()
        self._running: subprocess.Popen[str] | None = None
        self.is_stopped = False

    def run(self, request: Mapping[str, Any]) -> Result:
        """Exit status and output; a negative status is the signal that ended it, as after `stop`."""
        command = [sys.executable, "-m", f"{__package__}.make"]
        with self._lock:
            if self.is_stopped:
                return Result(command, -signal.SIGKILL, "", "")
            # A group of its own, so that the terminal's Ctrl-C leaves its end to us. Not a session: Linux may schedule
            # each session as one unit, and a low priority would then count within it alone.
            process = self._running = subprocess.Popen(
                command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True, process_group=0
            )
        if self._is_background:
            _lower_priority(process.pid)
        own = {"parent": os.getpid(), "threads": BACKGROUND_THREADS if self._is_background else None}
        try:
            out, err = process.communicate(json.dumps({**request, **own}), timeout=MAX_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
        finally:
            self._running = None
        return Result(command, process.returncode, out, err)

    def stop(self) -> None:
        """End what runs, at once, and run nothing from now on."""
        with self._lock:
            self.is_stopped = True
            if self._running is not None:
                self._running.kill()


def _lower_priority(pid: int) -> None:
    """Before it has threads, which inherit all this; as far as the system allows."""
    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        process.nice(min(LOWEST_NICE, process.nice() + NICE))  # the server may have been started with one, too
        if sys.platform == "linux":
            process.ionice(psutil.IOPRIO_CLASS_IDLE)
    end_first(pid)
