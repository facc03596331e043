"""The official clients, each of a release in an environment of its own, and the schemas they are made from."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock

from scripts.envs import cache

CLIENTS = Path(__file__).parent / "clients"
HUB_RELEASES = ("current", "0.36", "0.23")


def call_python(release: str, url: str, calls: Sequence[tuple[str, dict[str, Any]]]) -> list[Any]:
    """What `InferenceClient` of a release of huggingface_hub makes of each answer: (method, keywords) each."""
    python = sys.executable if release == "current" else str(_environment(f"hub-{release}") / "python")
    answers: list[Any] = ask([python, str(CLIENTS / "call_hub.py")], {"url": url, "calls": calls})
    return answers


def call_javascript(url: str, calls: Sequence[tuple[str, dict[str, Any]]]) -> list[Any]:
    """What `@huggingface/inference` makes of each answer: (method, arguments) each."""
    node = str(_environment("tools") / "node")
    answers: list[Any] = ask([node, str(_node_folder() / "call.mjs")], {"url": url, "calls": calls})
    return answers


def schemas() -> Path:
    """The folder of `@huggingface/tasks` that holds a folder of schemas for each task."""
    return _node_folder() / "node_modules" / "@huggingface" / "tasks" / "src" / "tasks"


def ask(command: Sequence[str], question: dict[str, Any]) -> Any:
    """The JSON that a program writes when it reads this JSON."""
    asked = subprocess.run(
        command, input=json.dumps(question), capture_output=True, text=True, check=False, timeout=100
    )
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout)


def _environment(name: str) -> Path:
    """The folder of programs of the environment that the lock of this name makes."""
    lock = CLIENTS / f"{name}.txt"
    folder = cache() / "clients" / f"{name}-{_key(lock)}"
    with _made(folder) as missing:
        if missing:
            uv = [sys.executable, "-m", "uv"]
            subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
            install = [*uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), "--no-deps"]
            environment = {**os.environ, "UV_COMPILE_BYTECODE": "1"}
            subprocess.run([*install, "--require-hashes", "-r", str(lock)], check=True, env=environment)
    return folder / "bin"


def _node_folder() -> Path:
    files = [CLIENTS / name for name in ("package.json", "package-lock.json", "call.mjs")]
    folder = cache() / "clients" / f"js-{_key(*files)}"
    with _made(folder) as missing:
        if missing:
            folder.mkdir()
            for file in files:
                shutil.copy(file, folder)
            programs = _environment("tools")
            npm = [str(programs / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
            path = f"{programs}{os.pathsep}{os.environ['PATH']}"  # npm is a script that runs the node it finds
            subprocess.run(npm, cwd=folder, check=True, env={**os.environ, "PATH": path})
    return folder


def _key(*files: Path) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:12]


@contextlib.contextmanager
def _made(folder: Path) -> Iterator[bool]:
    """Under the folder's lock, whether it must be made; complete from then on, if nothing is raised."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    mark = folder / "complete"
    with FileLock(f"{folder}.lock"):
        missing = not mark.is_file()
        if missing:
            shutil.rmtree(folder, ignore_errors=True)
        yield missing
        mark.touch()
