"""Tiny models: a library writes one of each of its tasks in seconds, in its own environment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .cache import cache, digest, made
from .envs import python_of
from .images import Library


def tiny_model(known: Library, task: str) -> Path:
    """The tiny model of a task, written once per lock and what writes it. Raises RuntimeError with what went wrong."""
    models = known.folder / "models.py"
    made_of = [models, *sorted(known.folder.glob("tiny/*.*")), known.lock]
    folder = cache() / "tiny" / f"{known.name}-{task}-{digest(file.read_bytes() for file in made_of)}"
    with made(folder) as missing:
        if missing:
            folder.mkdir()
            # A variant has only what serves; our own environment has what writes files for it.
            python = python_of(known) if known.folder == known.context else sys.executable
            command: list[str | Path] = [python, models, task, folder]
            done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"{known.name} has no tiny model of {task}:\n{done.stderr}")
            _finish(folder, known.context.name.replace("_", "-"), task)
    return folder


def _finish(folder: Path, library: str, task: str) -> None:
    """Add the card, where there is none, and let everyone read it all."""
    if not (folder / "README.md").is_file():
        front = f"---\nlibrary_name: {library}\npipeline_tag: {task}\n---\n"
        (folder / "README.md").write_text(f"{front}\n# A tiny model for tests of {task}\n", encoding="utf-8")
    let_read(folder)


def let_read(folder: Path) -> None:
    """Let everyone, such as a container's user, read all that is in a folder: safetensors writes 0600."""
    for file in folder.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)
