"""A container of a library's image, as `docker run` would start it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import docker
from docker import DockerClient
from docker.errors import DockerException
from docker.models.containers import Container

from .images import Library

SESSION_LABEL = "inference-api.session"
"""The label that holds the session id of the test process that started a container, to remove it if that is stopped."""


def engine() -> DockerClient:
    """The Docker engine of the environment. Raises SystemExit when none answers."""
    try:
        client = docker.from_env()
        client.ping()
    except DockerException as error:
        raise SystemExit(f"No Docker engine answers ({error}); start Docker, then try again.") from None
    return client


def remove_containers(session: int) -> None:
    """Remove the containers that carry this session's label. Raises SystemExit when no engine answers."""
    with contextlib.closing(engine()) as client:
        for container in client.containers.list(all=True, filters={"label": f"{SESSION_LABEL}={session}"}):
            container.remove(force=True, v=True)


def run_container(
    client: DockerClient,
    known: Library,
    model: str,
    settings: Mapping[str, str],
    port: int,
    options: Mapping[str, Any] | None = None,
) -> Container:
    """Start a container that serves `model` at 127.0.0.1:`port`; a folder is mounted read-only.

    `options` are the Docker SDK's; with a `network_mode` of its own (`host`, `container:ID`) the server itself listens
    on the port.
    """
    options = dict(options or {})
    volumes: dict[str, dict[str, str]] = dict(options.pop("volumes", {}))
    environment = dict(settings)
    if model and Path(model).is_dir():
        inside = f"/models/{Path(model).resolve().name}"
        volumes[str(Path(model).resolve())] = {"bind": inside, "mode": "ro"}
        model = inside
    if "network_mode" in options:
        environment |= {"PORT": str(port), "HOST": "127.0.0.1"}
    else:
        options["ports"] = {"80/tcp": ("127.0.0.1", port)}
    environment["MODEL_ID"] = model
    return client.containers.run(known.image, detach=True, environment=environment, volumes=volumes, **options)
