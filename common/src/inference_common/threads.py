"""Threads of native code: how many cores there are for them, and who gets them."""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path

_CPU_MAX = Path("/sys/fs/cgroup/cpu.max")
_CFS = (Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us"))
_is_shared: ContextVar[bool] = ContextVar("is_shared", default=False)


def cores() -> int:
    """How many cores this process may use: those it may run on, or fewer where its container has a quota of their
    time, which threads on all of them would only use up sooner."""
    return max(1, int(min(_allowed(), quota())))


def native_libraries_keep_to_cores() -> None:
    """Have libraries that are not imported yet start no more threads than that: OpenMP and BLAS know of no quota."""
    if cores() < _allowed():
        os.environ.setdefault("OMP_NUM_THREADS", str(cores()))


def torch_leaves_the_cores() -> None:
    """Let torch, if it is imported, use one thread from now on: next to ONNX Runtime it prepares inputs and reads
    outputs, and its threads would turn on the cores that run the network.

    For a process that runs no other network: told its usual number again, torch was seen to take many times as long
    beside another process on the same cores.
    """
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


def is_shared() -> bool:
    """Whether the running call of a pipeline shares the cores with others of the same one, and had better use one."""
    return _is_shared.get()


@contextlib.contextmanager
def shared(yes: bool) -> Iterator[None]:
    """Make `is_shared` answer so inside."""
    token = _is_shared.set(yes)
    try:
        yield
    finally:
        _is_shared.reset(token)


def _allowed() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def quota() -> float:
    """Seconds on cores that the container may take a second, by either version of Linux's control groups; infinite
    where nothing says."""
    with contextlib.suppress(OSError, ValueError):  # `max` is no number: no quota
        granted, period = map(int, _CPU_MAX.read_text().split())
        return granted / period
    with contextlib.suppress(OSError, ValueError):
        granted, period = (int(file.read_text()) for file in _CFS)
        return granted / period if granted > 0 else math.inf
    return math.inf
