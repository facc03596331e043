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
PATIENCE = 10  # seconds that an answer is waited for where requests come by chance
CLIENT_PATIENCE = 60  # the same, of clients that ask one request after the other


def figures(url: str, bodies: str, content_type: str, load: Load, seconds: float, seed: int) -> dict[str, float]:
    """The figures of `seconds` of load on an address; `bodies` is the path of the file that holds what is sent."""
    return summary(answers(url, bodies, content_type, load, seconds, seed), seconds)


def streams(url: str, bodies: str, load: Load, seconds: float) -> Sequence[Stream]:
    """Each streamed chat completion of `seconds` of load, as its clients read it."""
    clients = {"clients": load.clients, "patience": CLIENT_PATIENCE, "streams": True}
    return [Stream(*row) for row in _rows(url, bodies, "application/json", seconds, clients)]


def answers(url: str, bodies: str, content_type: str, load: Load, seconds: float, seed: int) -> Sequence[Answer]:
    """Each request of `seconds` of load, in the order in which they ended."""
    clients: dict[str, object] = {
        "clients": load.clients,
        "patience": CLIENT_PATIENCE,
        "moments": None,
        "streams": False,
    }
    if load.rate is not None:
        clients |= {"patience": PATIENCE, "moments": moments(load.rate, seconds, seed)}
    return [Answer(*row) for row in _rows(url, bodies, content_type, seconds, clients)]


def _rows(url: str, bodies: str, content_type: str, seconds: float, clients: Mapping[str, object]) -> Any:
    """What load.mjs writes of each request."""
    programs = python_with("node", NODE_LOCK).parent
    files = [TOOLS / name for name in ("package.json", "package-lock.json", "load.mjs")]
    question = {"url": url, "bodies": bodies, "content_type": content_type, "seconds": seconds, **clients}
    command = [programs / "node", npm_folder("load", programs, files) / "load.mjs"]
    done = subprocess.run(command, input=json.dumps(question), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"The load generator failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout)
