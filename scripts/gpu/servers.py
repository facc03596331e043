"""Servers and workers that run on this machine, each a process with a log."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inference_common.discover import tasks_in

from ..ports import free_port

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 15


class Failed(Exception):
    """A step could not be done; the message says why."""


class Server:
    """A server of a library on a free port, with its log in a file."""

    def __init__(self, library: str, log: Path, settings: Mapping[str, str]) -> None:
        folder, port = library_folder(library), free_port()
        self.url, self.log = f"http://127.0.0.1:{port}", log
        environment = {**os.environ, "PORT": str(port), "OPTIMIZE": "none", **settings}
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "inference_common.serve"], cwd=folder, env=environment, stdout=file, stderr=file
            )

    def wait_ready(self, seconds: float) -> None:
        """Return once it is ready. Raises Failed, with the reason, where that takes more than `seconds`."""
        end, reason = time.monotonic() + seconds, "it did not listen"
        while time.monotonic() < end and self.process.poll() is None:
            try:
                status, content, _ = self.get("/ready")
            except OSError:
                time.sleep(0.2)
                continue
            if status == 200:
                return
            reason = str(content)
            if content["status"] == "failed":
                break
            time.sleep(0.2)
        raise Failed(f"the server did not get ready: {reason}; {self.log.read_text(errors='replace')[-1500:]}")

    def get(self, path: str) -> tuple[int, Any, Mapping[str, str]]:
        """Status, JSON and headers of an answer. Raises OSError where there is none."""
        return self._ask(urllib.request.Request(self.url + path))

    def post(
        self, path: str, body: bytes, content_type: str = "application/json"
    ) -> tuple[int, Any, Mapping[str, str]]:
        """The same for a request with a body."""
        return self._ask(urllib.request.Request(self.url + path, body, {"content-type": content_type}))

    def _ask(self, request: urllib.request.Request) -> tuple[int, Any, Mapping[str, str]]:
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, json.loads(answer.read()), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read()), dict(error.headers)

    def stop(self) -> None:
        """End it, by force where it takes long."""
        stop(self.process)


class Worker:
    """The library alone: its pipeline fed the same bodies in one process without a server."""

    def __init__(self, library: str, task: str, model: str, bodies: Path, device: str, log: Path) -> None:
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "scripts.gpu.alone", task, model, str(bodies), device],
                cwd=library_folder(library), env={**os.environ}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=file, text=True,
            )  # fmt: skip
        self.log = log

    def wait_ready(self) -> None:
        """Return once it has loaded the model."""
        self._line()

    def measure(self, window: int, seconds: float) -> float:
        """Inputs a second, in windows of `window` inputs that are sorted and batched."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"load": "verify", "clients": window, "seconds": seconds}) + "\n")
        self.process.stdin.flush()
        figures = self._line()
        return float(figures["count"] / figures["seconds"])

    def stop(self) -> None:
        """End it."""
        stop(self.process)

    def _line(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"the library alone failed: {self.log.read_text(errors='replace')[-1500:]}")
        return json.loads(line)


def library_folder(name: str) -> Path:
    """The folder of a library. Raises Failed where there is no such library."""
    folder = ROOT / "docker_images" / name
    if not tasks_in(folder / "app" / "pipelines"):
        raise Failed(f"{folder} holds no library")
    return folder


def stop(process: subprocess.Popen[Any]) -> None:
    """End a process, by force where it takes long."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
