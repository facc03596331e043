"""Threads of native code: how many cores there are for them, and who gets them."""

from __future__ import annotations

import os
import sys


def cores() -> int:
    """How many cores this process may use."""
    told = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return max(1, len(told))


def torch_uses(count: int) -> None:
    """Let torch, if it is imported, use so many threads for what this thread asks of it.

    Next to ONNX Runtime it prepares inputs and reads outputs, for which its threads would turn on the cores that run
    the network.
    """
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(count)
