"""RenderingProcess: one process that renders templates, as its server sees it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ..errors import InternalError
from ..units import MIB, limit_mib

CHILD = Path(__file__).with_name("child.py")
KEPT_VARIABLES = frozenset({"LANG", "LC_ALL", "LC_CTYPE", "LC_TIME", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "TZ"})
"""Of the environment, which may hold secrets: what Python and a template's dates need."""
START_SECONDS = 30.0  # for Python to start on a machine that has much else to do; it takes 0.1 s of a core


@dataclass(frozen=True)
class TemplateLimits:
    """What one rendering may take: CPU time, time in all, address space, and characters of its text."""

    cpu_seconds: float = 3.0
    seconds: float = 5.0
    memory_bytes: int = 192 * MIB
    max_characters: int = 4_000_000


class Ended(Exception):
    """The process ended over a request; `reason` is what the template took too much of."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RenderingProcess:
    """Starts it; one request at a time. Raises InternalError where no process can be started. `is_fresh` is whether it
    has read no template yet."""

    def __init__(self, limits: TemplateLimits) -> None:
        self._limits = limits
        self.is_fresh = True
        ours, its = socket.socketpair()
        arguments = [f"{limits.cpu_seconds:g}", str(limits.memory_bytes), str(limits.max_characters)]
        try:
            # A group of its own, so that the terminal's Ctrl-C leaves its end to us.
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(CHILD), *arguments], stdin=its.fileno(), stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, process_group=0,
                env={name: value for name, value in os.environ.items() if name in KEPT_VARIABLES},
            )  # fmt: skip
        except OSError as error:
            ours.close()
            raise InternalError(f"No process could be started to render chat templates: {error.strerror}") from error
        finally:
            its.close()
        self._connection: Connection[bytes, bytes] = Connection(ours.detach())
        if not self._is_ready():
            self.end()
            raise InternalError("The process that renders chat templates did not start; is jinja2 installed?")

    def _is_ready(self) -> bool:
        try:
            return self._connection.poll(START_SECONDS) and self._connection.recv_bytes() == b""
        except (EOFError, OSError):
            return False

    def send(self, request: Mapping[str, Any]) -> None:
        """Begin a request. Raises OSError where the process is gone."""
        self._connection.send_bytes(json.dumps(request, ensure_ascii=False).encode(errors="surrogatepass"))

    def receive(self) -> dict[str, Any]:
        """The answer to it. Raises Ended where the process had to be ended, or ended itself."""
        try:
            if self._connection.poll(self._limits.seconds):
                answer: dict[str, Any] = json.loads(self._connection.recv_bytes().decode(errors="surrogatepass"))
                self.is_fresh = "wants" in answer
                return answer
        except (EOFError, OSError):
            raise Ended(self._reason(self.end())) from None
        self.end()
        raise Ended(f"more than {self._limits.seconds:g} s")

    def end(self) -> int:
        """End it, if it still runs; its exit status."""
        self._connection.close()
        if self._process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.2)  # it ends by itself, and then says why
        self._process.kill()
        return self._process.wait()

    def _reason(self, status: int) -> str:
        if status == -signal.SIGPROF:
            return f"more than {self._limits.cpu_seconds:g} s of CPU time"
        return f"more than {limit_mib(self._limits.memory_bytes)} of memory"
