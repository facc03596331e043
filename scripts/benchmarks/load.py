"""Load: from a process of its own, by a load generator of npm."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..envs import python_with
from ..images import ROOT
from ..node import npm_folder
from .figures import Answer, Stream, moments, summary
from .targets import Load

TOOLS = Path(__file__).parent / "tools"
NODE_LOCK = ROOT / "tests" / "clients" / "tools.txt"
ANSWER_SECONDS = 60  # that a client waits for an answer, where each sends one request after the other
OPEN_ANSWER_SECONDS = 10  # the same, where requests are sent at given moments


def figures(url: str, bodies: str, content_type: str, load: Load, seconds: float, seed: int) -> dict[str, float]:
    """The figures of `seconds` of load on an address; `bodies` is the path of the file that holds what is sent."""
    return summary(answers(url, bodies, content_type, load, seconds, seed), seconds)


def streams(url: str, bodies: str, load: Load, seconds: float) -> Sequence[Stream]:
    """Each streamed chat completion of `seconds` of load, as its clients read it."""
    clients = {"clients": load.clients, "timeout": ANSWER_SECONDS, "streams": True}
    return [Stream(*row) for row in _rows(url, bodies, "application/json", seconds, clients)]


def answers(url: str, bodies: str, content_type: str, load: Load, seconds: float, seed: int) -> Sequence[Answer]:
    """Each request of `seconds` of load, in the order in which they ended."""
    clients: dict[str, object] = {
        "clients": load.clients,
        "timeout": ANSWER_SECONDS,
        "moments": None,
        "streams": False,
    }
    if load.rate is not None:
        clients |= {"timeout": OPEN_ANSWER_SECONDS, "moments": moments(load.rate, seconds, seed)}
    return [Answer(*row) for row in _rows(url, bodies, content_type, seconds, clients)]


def _rows(url: str, bodies: str, content_type: str, seconds: float, clients: Mapping[str, object]) -> Any:
    """The row that load.mjs writes for each request."""
    programs = python_with("node", NODE_LOCK).parent
    files = [TOOLS / name for name in ("package.json", "package-lock.json", "load.mjs")]
    question = {"url": url, "bodies": bodies, "content_type": content_type, "seconds": seconds, **clients}
    command = [programs / "node", npm_folder("load", programs, files) / "load.mjs"]
    done = subprocess.run(command, input=json.dumps(question), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"The load generator failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout)
