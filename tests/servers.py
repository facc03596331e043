"""A served model, as a process or as a container: started, ready, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from docker.models.containers import Container

from scripts.containers import SESSION_LABEL, engine, run_container
from scripts.envs import python_of
from scripts.images import ROOT, Library
from scripts.ports import free_port

START_SECONDS = 100
EXPORT_SECONDS = 400  # at the lowest priority, on a machine that has other work too
ALONE = {"OMP_NUM_THREADS": "1"}
"""Tiny models gain nothing from a second thread, and on a busy machine the two wait for each other."""


@dataclass(frozen=True)
class Server:
    """A served task. `stop` sends SIGTERM and gives the exit status; one of `process` and `container` is set."""

    library: Library
    task: str
    client: httpx.Client
    stop: Callable[[], int]
    process: subprocess.Popen[bytes] | None = None
    container: Container | None = None


def start_process(known: Library, task: str, model: str, **settings: str) -> Server:
    """A server process on this machine, ready."""
    port = free_port()
    environment = {**_usual(known), **os.environ, **settings, "MODEL_ID": model, "TASK": task, "PORT": str(port)}
    environment["PYTHONPATH"] = str(ROOT / "common" / "src")
    command = [str(python_of(known)), "-m", "inference_common.serve"]
    process = subprocess.Popen(command, cwd=known.context, env=environment)

    def stop() -> int:
        process.send_signal(signal.SIGTERM)
        return process.wait(60)

    client = _client(port)
    _wait_ready(client, lambda: process.poll() is None, process.kill)
    return Server(known, task, client, stop, process=process)


def start_container(known: Library, task: str, model: str, *, options: Mapping[str, Any] | None = None,
                    **settings: str) -> Server:  # fmt: skip
    """A container of the library's image, ready; a folder model is mounted read-only. `options` are the SDK's."""
    client_of_docker = engine()
    port = free_port()
    options = {"labels": {SESSION_LABEL: str(os.getsid(0))}, **(options or {})}
    environment = {"TASK": task, **_usual(known), **settings}
    container = run_container(client_of_docker, known, model, environment, port, options)

    def stop() -> int:
        container.stop(timeout=60)
        status = int(container.wait()["StatusCode"])
        container.remove(v=True)
        client_of_docker.close()
        return status

    def alive() -> bool:
        container.reload()
        return bool(container.status == "running")

    def give_up() -> None:
        print(container.logs().decode())
        container.remove(force=True, v=True)
        client_of_docker.close()

    client = _client(port)
    _wait_ready(client, alive, give_up)
    return Server(known, task, client, stop, container=container)


def optimization(server: Server) -> tuple[str, str]:
    """The state of the first model that a server has, and the reason for it."""
    found = server.client.get("/info").json()["models"][0]["optimization"]
    return found["state"], found["reason"]


def wait_for_optimization(server: Server, state: str = "verified") -> str:
    """Wait for the end of an export in the background, which must be this one; the reason for it."""
    end = time.monotonic() + EXPORT_SECONDS
    while (found := optimization(server))[0] in {"pending", "exporting"}:
        assert time.monotonic() < end, found
        time.sleep(0.2)
    assert found[0] == state, found
    return found[1]


def _usual(known: Library) -> Mapping[str, str]:
    """Settings of a server that a test does not set: none exports its model beside a test, and changes over in the
    middle of it, unless the test is about that. Without torch there is only the file, and nothing to export it with."""
    return {**ALONE, "OPTIMIZE": "none"} if known.needs_torch else ALONE


def _client(port: int) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)


def _wait_ready(client: httpx.Client, alive: Callable[[], bool], give_up: Callable[[], object]) -> None:
    end = time.monotonic() + START_SECONDS
    said = "it did not listen"
    while time.monotonic() < end and alive():
        try:
            answer = client.get("/ready")
        except httpx.TransportError:
            time.sleep(0.2)
            continue
        if answer.status_code == 200:
            return
        said = answer.text
        if answer.json()["status"] != "loading":
            break
        time.sleep(0.2)
    give_up()
    raise AssertionError(f"the server did not get ready: {said}")
