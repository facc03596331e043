"""The process that exports: a real one, which here finds no torch or is held up before it looks for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from inference_common.onnx import process as process_module
from inference_common.onnx.process import LOWEST_NICE, NICE, ExportProcess
from toys.waiting import until

REQUEST = {"folder": "", "original": "nothing:Nothing", "outputs": [], "file": "", "write": False, "int8": None}
SLEEPING = "import time\ntime.sleep(60)\n"


@pytest.fixture
def held_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The export waits as it imports torch."""
    (tmp_path / "torch.py").write_text(SLEEPING)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, sys.path)]))


def children() -> list[psutil.Process]:
    return [one for one in psutil.Process().children() if "inference_common.onnx.make" in one.cmdline()]


def test_a_failure_is_told() -> None:
    done = ExportProcess().run(REQUEST)
    assert done.returncode == 1
    assert "No module named 'torch'" in done.stderr


def test_it_runs_at_low_priority_and_stops_at_once(held_up: None) -> None:
    process = ExportProcess(is_background=True)
    statuses: list[int] = []
    runs = threading.Thread(target=lambda: statuses.append(process.run(REQUEST).returncode))
    runs.start()
    lowered = min(LOWEST_NICE, psutil.Process().nice() + NICE)
    until(lambda: bool(children()) and children()[0].nice() == lowered, seconds=60)
    (child,) = children()
    until(lambda: child.ionice().ioclass == psutil.IOPRIO_CLASS_IDLE)
    assert os.getpgid(child.pid) != os.getpgid(0)
    assert os.getsid(child.pid) == os.getsid(0)
    assert Path(f"/proc/{child.pid}/oom_score_adj").read_text().strip() == "1000"
    process.stop()
    runs.join()
    assert statuses == [-signal.SIGKILL]
    assert process.run(REQUEST).returncode == -signal.SIGKILL
    assert children() == []


def test_it_has_an_end(held_up: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "MAX_SECONDS", 0.5)
    assert ExportProcess().run(REQUEST).returncode == -signal.SIGKILL


def test_it_does_not_outlive_a_server_that_is_killed(held_up: None) -> None:
    code = f"from inference_common.onnx.process import ExportProcess\nExportProcess().run({REQUEST})"
    with subprocess.Popen([sys.executable, "-c", code]) as server:
        try:
            until(lambda: bool(psutil.Process(server.pid).children()), seconds=60)
            (child,) = psutil.Process(server.pid).children()
        finally:
            server.kill()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
