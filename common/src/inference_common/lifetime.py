"""The end of a process that a server started: with its parent at the latest, and before the server's own."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

OOM_SCORE = "1000"  # of those the kernel chooses from, as this much of all memory were added to what the process takes
_PR_SET_PDEATHSIG = 1  # of Linux's prctl.h


def end_with(parent: int) -> None:
    """Have this process be killed with the thread of `parent` that started it; for the started process to call.

    On Linux only: elsewhere, a parent that is killed leaves it to finish.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before this was set
            os._exit(1)


def end_first(pid: int) -> None:
    """Have the kernel end this process first where memory runs out, not the server; on Linux only."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            Path(f"/proc/{pid}/oom_score_adj").write_text(OOM_SCORE)
