"""The control group that attacks here are made in ends a process that takes more memory than it has."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from toys.started import MIB, Start, memory_group

GREEDY = "import sys\nprint('taking', file=sys.stderr, flush=True)\ntaken = b'x' * (600 * 2**20)\n"


def test_a_server_is_ended_past_its_control_groups_memory(start: Start, model_folder: Path) -> None:
    with memory_group(64 * MIB) as group:
        if group is None:
            pytest.skip("control groups cannot be made here: run the tests as root on Linux")
    server = start(str(model_folder), memory_mib=512, app=GREEDY)
    assert server.wait() == -signal.SIGKILL
