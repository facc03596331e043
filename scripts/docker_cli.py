"""The docker command that speaks BuildKit: the first on the PATH with buildx, or older than the split of the two."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

FIRST_WITHOUT_BUILDKIT = 23  # from this version on, the client itself has no builder but buildx


def buildkit_docker() -> str:
    """The path of that command. Raises SystemExit that says what to install."""
    found = find_buildkit_docker()
    if found is None:
        raise SystemExit("No docker command with BuildKit is on the PATH; install Docker's buildx plugin.")
    return found


def find_buildkit_docker() -> str | None:
    """The path of that command, or None; no engine needs to run."""
    places = os.environ.get("PATH", "").split(os.pathsep)
    found = [str(path) for place in places if os.access(path := Path(place) / "docker", os.X_OK)]
    for docker in found:
        if _output([docker, "buildx", "version"]) is not None:
            return docker
        version = re.match(r"Docker version (\d+)\.", _output([docker, "--version"]) or "")
        if version is not None and int(version[1]) < FIRST_WITHOUT_BUILDKIT:
            return docker
    return None


def _output(command: list[str]) -> str | None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None
