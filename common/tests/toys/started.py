"""A real server process on the toy library, in a control group of its own where memory is the point."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import psutil

APP = "from inference_common import create_app\napp = create_app('toys.pipelines')\n"
MIB = 2**20
GROUPS = Path("/sys/fs/cgroup")


class Started:
    """A server process; its log lines gather in `lines`. Without a `model` it serves any model of the library. With
    `memory_mib`, the kernel ends it, and whatever processes it starts, past so much memory where control groups can be
    made here."""

    def __init__(
        self, folder: Path, model: str | None = None, *, memory_mib: int | None = None, **settings: str
    ) -> None:
        (folder / "main.py").write_text(settings.pop("app", APP))
        path = os.pathsep.join((*filter(None, sys.path), str(Path(__file__).parents[1])))
        named = {} if model is None else {"MODEL_ID": model}
        environment = {**os.environ, "PYTHONPATH": path, "PORT": "0", **named, **settings}
        command = [sys.executable, "-m", "inference_common.serve", "main:app"]
        self._stack = contextlib.ExitStack()
        if memory_mib is not None and (group := self._stack.enter_context(memory_group(memory_mib * MIB))):
            command = ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh", *command]
        self.process = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)

    def url(self) -> str:
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            if found := re.search(r"http://127\.0\.0\.1:\d+", "".join(self.lines)):
                return found[0]
            time.sleep(0.05)
        raise AssertionError("".join(self.lines))

    def resident(self) -> int:
        """Bytes of memory that it and the processes it started hold, what they share counted once."""
        process = psutil.Process(self.process.pid)
        held = 0
        for one in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                held += one.memory_full_info().pss
        return held

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        status = self.process.wait(20)
        self._reader.join()
        if self.process.stderr is not None:
            self.process.stderr.close()
        self._stack.close()
        return status


class Start(Protocol):
    def __call__(self, model: str | None = None, *, memory_mib: int | None = None, **settings: str) -> Started: ...


@contextlib.contextmanager
def memory_group(limit: int) -> Iterator[Path | None]:
    """A control group of at most `limit` bytes; None where none can be made (not root, or a read-only file system)."""
    unified = (GROUPS / "cgroup.controllers").exists()
    group = (GROUPS if unified else GROUPS / "memory") / f"inference-test-{os.getpid()}-{time.monotonic_ns()}"
    try:
        group.mkdir()
    except OSError:
        yield None
        return
    try:
        (group / ("memory.max" if unified else "memory.limit_in_bytes")).write_text(str(limit))
        yield group
    finally:
        for number in (group / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(number), signal.SIGKILL)
        _remove(group)


def _remove(group: Path) -> None:
    """Its processes leave a group shortly after they end."""
    end = time.monotonic() + 5
    while True:
        try:
            group.rmdir()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return
