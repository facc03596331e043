"""The official clients, each of a release in an environment of its own, and the schemas they are made from."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.node import npm_folder

from .locked import environment

CLIENTS = Path(__file__).parent / "clients"
HUB_RELEASES = ("current", "0.36", "0.23")


def call_python(
    release: str, url: str, calls: Sequence[tuple[str, dict[str, Any]]], provider: str | None = None
) -> list[Any]:
    """What `InferenceClient` of a release of huggingface_hub makes of each answer: (method, keywords) each."""
    python = sys.executable if release == "current" else str(environment(CLIENTS / f"hub-{release}.txt") / "python")
    options = {} if provider is None else {"provider": provider}
    asked = {"url": url, "calls": calls, "options": options}
    answers: list[Any] = ask([python, str(CLIENTS / "call_hub.py")], asked)
    return answers


def call_javascript(url: str, calls: Sequence[tuple[str, dict[str, Any]]]) -> list[Any]:
    """What `@huggingface/inference` makes of each answer: (method, arguments) each."""
    node = str(environment(CLIENTS / "tools.txt") / "node")
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


def _node_folder() -> Path:
    files = [CLIENTS / name for name in ("package.json", "package-lock.json", "call.mjs")]
    return npm_folder("clients", environment(CLIENTS / "tools.txt"), files)
