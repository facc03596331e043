"""Real servers of every library, on tiny models that the library's own environment writes."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from scripts.envs import cache, python_of
from scripts.images import ROOT, Library, libraries, library

START_SECONDS = 100


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--library", action="append", default=[], help="only these libraries")


@dataclass(frozen=True)
class Server:
    """A served task: a client of it, and its process."""

    library: Library
    task: str
    client: httpx.Client
    process: subprocess.Popen[bytes]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "served" in metafunc.fixturenames:
        names = metafunc.config.getoption("--library")
        chosen = [library(name) for name in names] or libraries()
        pairs = [(known, task) for known in chosen for task in known.tasks]
        ids = [f"{known.hub_name}-{task}" for known, task in pairs]
        metafunc.parametrize("served", pairs, ids=ids, indirect=True, scope="session")


@pytest.fixture(scope="session")
def served(request: pytest.FixtureRequest) -> Iterator[Server]:
    known, task = request.param
    server = start(known, task, tiny_model(known, task))
    yield server
    server.client.close()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(40) == 0


def tiny_model(known: Library, task: str) -> Path:
    """The tiny model of a task, written once per lock and models.py."""
    models = known.folder / "models.py"
    key = hashlib.sha256(models.read_bytes() + known.lock.read_bytes()).hexdigest()[:12]
    folder = cache() / "tiny" / f"{known.name}-{task}-{key}"
    if not (folder / "README.md").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([python_of(known), models, task, folder], check=True)
    return folder


def start(known: Library, task: str, model: Path, **settings: str) -> Server:
    """A server process, ready; SystemExit-free: a failure shows its reason."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, **settings, "MODEL_ID": str(model), "TASK": task, "PORT": str(port)}
    environment["PYTHONPATH"] = str(ROOT / "common" / "src")
    command = [str(python_of(known)), "-m", "inference_common.serve"]
    process = subprocess.Popen(command, cwd=known.folder, env=environment)
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            answer = client.get("/ready")
        except httpx.TransportError:
            time.sleep(0.2)
            continue
        if answer.status_code == 200:
            return Server(known, task, client, process)
        assert answer.json()["status"] == "loading", answer.text
        time.sleep(0.2)
    process.kill()
    raise AssertionError(f"{known.hub_name} did not get ready for {task}")
