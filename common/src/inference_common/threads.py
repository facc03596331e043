"""Threads of native code: how many cores there are for them, and who gets them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_is_shared: ContextVar[bool] = ContextVar("is_shared", default=False)


def cores() -> int:
    """How many cores this process may use."""
    told = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return max(1, len(told))


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


@contextmanager
def shared(yes: bool) -> Iterator[None]:
    """Make `is_shared` answer so inside."""
    token = _is_shared.set(yes)
    try:
        yield
    finally:
        _is_shared.reset(token)
