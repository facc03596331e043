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


def own_command(folder: Path) -> list[str]:
    """The command of an engine that shares nothing with the machine's.

    Its network is its own too: without a bridge, dockerd removes the one of the machine's engine.
    """
    (folder / "daemon.json").write_text("{}")
    places = [f"--host=unix://{folder}/socket", f"--data-root={folder}/data", f"--exec-root={folder}/exec"]
    places += [f"--pidfile={folder}/pid", f"--config-file={folder}/daemon.json"]
    return ["unshare", "--net", "dockerd", *places, "--bridge=none", "--iptables=false"]


def skip_where_none_can_start() -> None:
    """Skip the test unless this user can start dockerd."""
    if shutil.which("dockerd") is None or os.geteuid():
        pytest.skip("only root can start dockerd, where Docker is installed; run as root: apt-get install docker.io")


@contextlib.contextmanager
def own_engine() -> Iterator[tuple[DockerClient, str]]:
    """The client and the address of an engine that starts and ends with the block."""
    skip_where_none_can_start()
    # Not pytest's own folder: a socket's path has 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="engine-") as place:
        folder, url = Path(place), f"unix://{place}/socket"
        engine = start_engine(folder / "log", own_command(folder), url)
        try:
            with contextlib.closing(docker.DockerClient(base_url=url)) as client:
                yield client, url
        finally:
            stop_engine(engine)
