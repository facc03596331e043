"""Packages of npm, each set made once from its lock and kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from .cache import cache, digest, made
from .progress import run, step


def npm_folder(name: str, programs: Path, files: Sequence[Path]) -> Path:
    """A folder that holds the files, a package.json and its lock among them, and what the lock names.

    `programs` is the folder of node and npm.
    """
    folder = cache() / "npm" / f"{name}-{digest(file.read_bytes() for file in files)}"
    with made(folder) as missing:
        if missing:
            folder.mkdir()
            for file in files:
                shutil.copy(file, folder)
            npm: list[str | Path] = [
                programs / "npm",
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--prefix",
                folder,
            ]
            path = f"{programs}{os.pathsep}{os.environ['PATH']}"  # npm is a script that runs the node it finds
            with step(f"Installing the npm packages of {name}"):
                run(npm, {**os.environ, "PATH": path})
    return folder
