"""Environments of packages that tests use and the project does not, each made once from its lock and kept."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from scripts.envs import cache


def environment(lock: Path) -> Path:
    """The folder of programs of the environment that a lock makes."""
    folder = cache() / lock.parent.name / f"{lock.stem}-{key(lock)}"
    with made(folder) as missing:
        if missing:
            uv = [sys.executable, "-m", "uv"]
            subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
            install = [*uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), "--no-deps"]
            environment = {**os.environ, "UV_COMPILE_BYTECODE": "1"}
            subprocess.run([*install, "--require-hashes", "-r", str(lock)], check=True, env=environment)
    return folder / "bin"


def key(*files: Path) -> str:
    """A short name of what the files hold."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:12]


@contextlib.contextmanager
def made(folder: Path) -> Iterator[bool]:
    """Under the folder's lock, whether it must be made; complete from then on, if nothing is raised."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    mark = folder / "complete"
    with FileLock(f"{folder}.lock"):
        missing = not mark.is_file()
        if missing:
            shutil.rmtree(folder, ignore_errors=True)
        yield missing
        mark.touch()
