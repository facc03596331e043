"""Cold starts: from the start of a process, or of a container, to ready and to the first answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
from docker import DockerClient
from docker.errors import DockerException, ImageNotFound
from inference_common.tasks import TASKS

from ..containers import engine, run_container
from ..images import Library, libraries
from ..ports import free_port
from ..tiny import tiny_model
from . import models, servers
from .figures import Row
from .running import RunningServer, end, memory
from .scenario import Effort, Scenario, Tell
from .targets import Server

REAL: dict[str, Callable[[], Path]] = {"sentence_transformers": models.minilm, "timm": models.efficientnet}
"""Libraries whose real model is at hand; the others start with a tiny one, and only their imports count."""
READY_SECONDS = 120


def cold(scenario: Scenario, effort: Effort, tell: Tell) -> list[Row]:
    """Every library as a process, and as a container where its image is built."""
    rows: list[Row] = []
    for known in libraries():
        task = known.tasks[0]
        model = REAL.get(known.name, partial(tiny_model, known, task))
        for pair in range(effort.starts):
            rows.append({"target": known.hub_name, "load": "process", "pair": pair, **_process(known, task, model)})
            tell(f"{known.hub_name}: ready after {rows[-1]['ready']:.1f} s")
        rows += [
            {"target": known.hub_name, "load": "container", "pair": pair, **figures}
            for pair, figures in enumerate(_containers(known, task, model, effort.starts))
        ]
    return rows


def _process(known: Library, task: str, model: Callable[[], Path]) -> dict[str, float]:
    example = TASKS[task].good[0]
    content_type = example.content_type or "application/octet-stream"
    start = partial(servers.ours, known.hub_name, task, model)
    server = RunningServer(Server(known.hub_name, start, lambda: [example.body], content_type=content_type))
    try:
        server.ask(example.body).raise_for_status()
        answered = time.monotonic() - server.began
        return {"ready": server.ready_seconds, "answer": answered, "memory": memory(server.process)}
    finally:
        end(server.process)


def _containers(known: Library, task: str, model: Callable[[], Path], count: int) -> list[dict[str, float]]:
    try:
        client = engine()
        size = float(client.images.get(known.image).attrs["Size"]) / 1e6
    except (SystemExit, DockerException, ImageNotFound):
        return []  # no engine, or the image is not built
    found = [{**_container(client, known, task, str(model())), "size": size} for _ in range(count)]
    client.close()
    return found


def _container(client: DockerClient, known: Library, task: str, model: str) -> dict[str, float]:
    port, example, began = free_port(), TASKS[task].good[0], time.monotonic()
    container = run_container(client, known, model, {"TASK": task}, port)
    content_type = example.content_type or "application/octet-stream"
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            while not _is_ready(http):
                if time.monotonic() - began > READY_SECONDS:
                    raise SystemExit(f"{known.hub_name} did not get ready: {container.logs().decode()[-2000:]}")
                time.sleep(0.02)
            ready = time.monotonic() - began
            http.post("/", content=example.body, headers={"content-type": content_type}).raise_for_status()
            return {"ready": ready, "answer": time.monotonic() - began}
    finally:
        container.remove(force=True, v=True)


def _is_ready(http: httpx.Client) -> bool:
    try:
        return http.get("/ready").status_code == 200
    except httpx.TransportError:
        return False
