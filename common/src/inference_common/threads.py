"""Threads of native code: how many cores there are for them, and who gets them."""

from __future__ import annotations

import os
import sys


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
