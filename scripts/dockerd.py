"""The Docker engine: a running one is used; else one is installed and started until this process ends."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import docker
import psutil
from docker.errors import DockerException
from filelock import FileLock

from . import apt
from .cache import cache
from .docker_cli import find_buildkit_docker

PACKAGES = ("docker.io", "iptables")
SPLIT_PACKAGES = ("docker-cli", "docker-buildx")
"""Packages that newer releases of Debian and Ubuntu split off from docker.io."""
INSTALL = "curl -fsSL https://get.docker.com | sudo sh"
DEFAULT_URL = "unix:///var/run/docker.sock"
PID_FILE = Path("/var/run/docker.pid")
START_SECONDS = 60
STOP_SECONDS = 60
SHOWN_LINES = 20  # of the engine's log, where it does not start


def ensure_docker_engine() -> None:
    """Return once a Docker engine answers: a running one, else one started here and stopped as this process ends.

    Raises SystemExit that names the command to run where this user can neither reach, install nor start one.
    """
    reason = why_not_reachable()
    if reason is None:
        return
    if "Permission denied" in reason:
        user = os.environ.get("USER", str(os.geteuid()))
        raise SystemExit(f"This user may not use the Docker engine; run: sudo usermod -aG docker {user}")
    if url := os.environ.get("DOCKER_HOST"):
        raise SystemExit(f"No Docker engine answers at DOCKER_HOST={url} ({reason}); start it, or unset DOCKER_HOST")
    with FileLock(cache() / "dockerd.lock"):  # one of several processes starts it
        if shutil.which("dockerd") is None or find_buildkit_docker() is None:
            _install()
        if why_not_reachable() is None:  # the package's own service, or another process of ours
            return
        if os.geteuid():
            raise SystemExit("The Docker engine does not run; run: sudo systemctl start docker")
        remove_stale_pid_file()
        print("Starting dockerd until this ends ...", flush=True)
        engine = start_engine(cache() / "dockerd.log")
    atexit.register(stop_engine, engine)


def why_not_reachable(url: str | None = None) -> str | None:
    """None where the engine at `url` (default: `DOCKER_HOST`, else this machine's) answers, else what went wrong."""
    address = url or os.environ.get("DOCKER_HOST") or DEFAULT_URL
    try:
        if address.startswith("unix://"):
            # Docker's client leaves its socket open where nothing listens.
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(address.removeprefix("unix://"))
        docker.from_env(environment={**os.environ, "DOCKER_HOST": address}).close()
    except (OSError, DockerException) as error:
        return str(error)
    return None


def start_engine(log: Path, command: Sequence[str] = ("dockerd",), url: str | None = None) -> subprocess.Popen[bytes]:
    """Start dockerd, which writes to `log`, and return once it answers. Raises SystemExit with the end of its log."""
    with log.open("wb") as output:
        # A session of its own: Ctrl-C is for this process, which needs the engine to clean up.
        engine = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    deadline = time.monotonic() + START_SECONDS
    while engine.poll() is None and time.monotonic() < deadline:
        if why_not_reachable(url) is None:
            return engine
        time.sleep(0.5)
    stop_engine(engine)
    shown = "\n".join(log.read_text(errors="replace").splitlines()[-SHOWN_LINES:])
    raise SystemExit(f"dockerd did not start; the end of {log}:\n{shown}")


def stop_engine(engine: subprocess.Popen[bytes]) -> None:
    """Stop an engine that `start_engine` started, and wait for its end."""
    engine.terminate()
    try:
        engine.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        engine.kill()
        engine.wait()


def remove_stale_pid_file(file: Path = PID_FILE) -> None:
    """Remove the pid file that a killed engine left behind: dockerd refuses to start beside it."""
    number = file.read_text().strip() if file.is_file() else ""
    if not (number.isdecimal() and psutil.pid_exists(int(number)) and psutil.Process(int(number)).name() == "dockerd"):
        file.unlink(missing_ok=True)


def _install() -> None:
    if apt.has_apt():
        apt.install([*PACKAGES, *apt.available(SPLIT_PACKAGES)])
    elif shutil.which("docker"):
        raise SystemExit("No Docker engine runs here; start Docker Desktop, or name another engine by DOCKER_HOST")
    else:
        raise SystemExit(f"Docker is not installed; run: {INSTALL}")
