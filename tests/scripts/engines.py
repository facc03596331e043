"""A Docker engine of a test's own, beside the machine's: no network, and its files in a temporary folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker import DockerClient

from scripts.dockerd import start_engine, stop_engine

OPTIONS = ("--bridge=none", "--iptables=false", "--ip6tables=false")


def own_options(folder: Path) -> list[str]:
    """The options of an engine that shares nothing with the machine's."""
    places = [f"--host=unix://{folder}/socket", f"--data-root={folder}/data", f"--exec-root={folder}/exec"]
    return [*places, f"--pidfile={folder}/pid", *OPTIONS]


def skip_where_none_can_start() -> None:
    """Skip the test unless this user can start dockerd."""
    if shutil.which("dockerd") is None or os.geteuid():
        pytest.skip("only root can start dockerd, where Docker is installed; run as root: apt-get install docker.io")


@contextlib.contextmanager
def own_engine() -> Iterator[tuple[DockerClient, str]]:
    """The client and the address of an engine that starts and ends with the block."""
    skip_where_none_can_start()
    folder = Path(tempfile.mkdtemp(prefix="engine-"))  # short: a socket's path has 107 characters at most
    url = f"unix://{folder}/socket"
    engine = start_engine(folder / "log", own_options(folder), url)
    try:
        with contextlib.closing(docker.DockerClient(base_url=url)) as client:
            yield client, url
    finally:
        stop_engine(engine)
        shutil.rmtree(folder)
