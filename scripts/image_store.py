"""The engine's images by name: whether one is there, and one of the files of an archive."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from docker import DockerClient
from docker.errors import ImageNotFound

from . import progress
from .docker_cli import buildkit_docker


def has_image(client: DockerClient, name: str) -> bool:
    """Whether the engine has an image of this name."""
    try:
        client.images.get(name)
    except ImageNotFound:
        return False
    return True


def import_image(archive: Path, name: str, variables: Mapping[str, str]) -> None:
    """Make an image of the files of a tar archive, with environment variables."""
    changes = [part for key, value in variables.items() for part in ("--change", f"ENV {key}={value}")]
    progress.run([buildkit_docker(), "import", *changes, archive, name])
