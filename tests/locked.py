"""Environments of packages that tests use and the project does not, each made once from its lock and kept."""

from __future__ import annotations

from pathlib import Path

from scripts.cache import digest
from scripts.envs import python_with


def environment(lock: Path) -> Path:
    """The folder of programs of the environment that a lock makes."""
    return python_with(f"{lock.parent.name}-{lock.stem}", lock).parent


def key(*files: Path) -> str:
    """A short name of what the files hold."""
    return digest(file.read_bytes() for file in files)
