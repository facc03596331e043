"""The docker command that speaks BuildKit: the first on the PATH with buildx, or older than the split of the two."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

FIRST_WITHOUT_BUILDKIT = 23  # from this version on, the client itself has no builder but buildx


def buildkit_docker() -> str:
    """The path of that command. Raises SystemExit that says what to install."""
    places = os.environ.get("PATH", "").split(os.pathsep)
    found = [str(path) for place in places if os.access(path := Path(place) / "docker", os.X_OK)]
    for docker in found:
        if _answers([docker, "buildx", "version"]) is not None:
            return docker
        version = _answers([docker, "version", "--format", "{{.Client.Version}}"]) or ""
        major = version.partition(".")[0]
        if major.isdecimal() and int(major) < FIRST_WITHOUT_BUILDKIT:
            return docker
    raise SystemExit(
        "No docker command with BuildKit is on the PATH; install Docker Engine with its buildx plugin, and start it."
    )


def _answers(command: list[str]) -> str | None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None
