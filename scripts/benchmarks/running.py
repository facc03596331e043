"""Targets that run: started, asked for figures, held still while another is measured, ended."""

from __future__ import annotations

import base64
import json
import math
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import httpx
import psutil

from ..ports import free_port
from . import load
from .figures import percentile, stream_summary
from .targets import Command, Load, Server, Target, Worker

START_SECONDS = 600  # vLLM compiles the model at its first start
CHANGE_SECONDS = 300  # that a server may take to change over to its ONNX file
STOP_SECONDS = 20


class Running(Protocol):
    """A target that runs."""

    @property
    def process(self) -> subprocess.Popen[bytes]: ...
    def measure(self, load: Load, seconds: float, pair: int) -> dict[str, float]:
        """Figures by name of one measurement."""
        ...


def begin(target: Target) -> RunningServer | RunningWorker:
    """Start it, and wait until it answers. Raises SystemExit with the end of its output where it does not."""
    if isinstance(target, Worker):
        return RunningWorker(target)
    server = RunningServer(target)
    try:
        server.wait_for_compute_type()
    except BaseException:
        end(server.process)
        raise
    return server


class RunningServer:
    """A server process and its address."""

    def __init__(self, target: Server) -> None:
        self.target = target
        self.bodies = _written(target.bodies())
        self.began = time.monotonic()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        # Nothing is kept open: a server that is held still, or thinks a connection idle, would close it unseen.
        self.http = httpx.Client(timeout=60, limits=httpx.Limits(max_keepalive_connections=0))
        handle, self.log = tempfile.mkstemp(prefix="bench-", suffix=".log")
        self.process = _popen(target.start(port), handle, handle)
        os.close(handle)
        self.ready_seconds = self._wait()

    def ask(self, body: bytes) -> httpx.Response:
        """One request, answered."""
        headers = {"content-type": self.target.content_type}
        return self.http.post(f"{self.url}{self.target.path}", content=body, headers=headers)

    def vector(self) -> Any:
        """What is in the answer to the first body, where the target tells where to look."""
        answer = self.ask(self.target.bodies()[0]).raise_for_status().json()
        for key in self.target.answer or ():
            answer = answer[key]
        return answer

    def wait_for_compute_type(self) -> None:
        """Ask once a second until an answer is of the target's compute type. Raises SystemExit where none ever is."""
        wanted, answered = self.target.compute_type, None
        end_time = time.monotonic() + CHANGE_SECONDS
        while wanted is not None and answered != wanted:
            if time.monotonic() > end_time:
                raise SystemExit(
                    f"{self.target.name} answers by {answered} after {CHANGE_SECONDS} s, not by {wanted}; the end "
                    f"of its log:\n{self._end_of_log()}"
                )
            answered = self.ask(self.target.bodies()[0]).raise_for_status().headers.get("x-compute-type")
            time.sleep(0 if answered == wanted else 1)

    def measure(self, asked: Load, seconds: float, pair: int) -> dict[str, float]:
        address = f"{self.url}{self.target.path}"
        if self.target.tokens:
            found = load.streams(address, self.bodies, asked, seconds)
            return stream_summary(found, seconds, self.target.tokens)
        return load.figures(address, self.bodies, self.target.content_type, asked, seconds, pair)

    def _wait(self) -> float:
        while time.monotonic() - self.began < START_SECONDS and self.process.poll() is None:
            try:
                if self.http.get(f"{self.url}{self.target.ready}").status_code == 200:
                    return time.monotonic() - self.began
            except httpx.TransportError:
                pass  # not listening yet
            time.sleep(0.02)
        end(self.process)
        raise SystemExit(f"{self.target.name} did not get ready; the end of its log:\n{self._end_of_log()}")

    def _end_of_log(self) -> str:
        return Path(self.log).read_text(errors="replace")[-3000:]


class RunningWorker:
    """A worker: each line that it reads asks for one measurement, each that it writes is one."""

    def __init__(self, target: Worker) -> None:
        self.target = target
        self.bodies = _written(target.bodies())
        self.process = _popen(target.start(Path(self.bodies)), subprocess.PIPE, None, subprocess.PIPE)
        self._line()  # it says that it is ready

    def measure(self, asked: Load, seconds: float, pair: int) -> dict[str, float]:
        assert self.process.stdin is not None
        question = {"load": asked.name, "clients": asked.clients, "seconds": seconds}
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        self.process.stdin.flush()
        told = self._line()
        figures = {f"p{percent}": percentile(told["took"], percent) for percent in (50, 95, 99)}
        return {"rate": told["count"] / told["seconds"], **figures}

    def _line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(
                f"{self.target.name} ended with exit status {self.process.wait()}; the lines above say why."
            )
        told: dict[str, Any] = json.loads(line)
        return told


def hold(process: subprocess.Popen[bytes], *, still: bool) -> None:
    """Stop a process and its children where they are, or let them go on."""
    for one in tree(process):
        one.suspend() if still else one.resume()


def memory(process: subprocess.Popen[bytes]) -> float:
    """Megabytes that it and its children hold (resident set sizes)."""
    return sum(one.memory_info().rss for one in tree(process)) / 1e6


def end(process: subprocess.Popen[bytes]) -> None:
    """End it and its children, by force where they take long."""
    processes = tree(process)
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    _, left = psutil.wait_procs(processes, timeout=STOP_SECONDS)
    for one in left:
        one.kill()
    process.wait()


def tree(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """A process and its children; none where it has ended."""
    try:
        parent = psutil.Process(process.pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def alike(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of two vectors."""
    product = sum(a * b for a, b in zip(one, other, strict=True))
    return product / (math.hypot(*one) * math.hypot(*other))


def _written(bodies: Sequence[bytes]) -> str:
    """The path of a file with the bodies, as load.mjs and the workers read it."""
    handle, path = tempfile.mkstemp(prefix="bench-", suffix=".json")
    with os.fdopen(handle, "w") as file:
        json.dump([base64.b64encode(body).decode() for body in bodies], file)
    return path


def _popen(command: Command, out: Any, error: Any, source: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **command.environment}
    arguments = [str(part) for part in command.arguments]
    return subprocess.Popen(arguments, cwd=command.folder, env=environment, stdin=source, stdout=out, stderr=error)
