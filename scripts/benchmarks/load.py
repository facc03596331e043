"""Load: from a process of its own, by a load generator of npm."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ..envs import python_with
from ..images import ROOT
from ..node import npm_folder
from .figures import Answer, moments, summary
from .targets import Load

TOOLS = Path(__file__).parent / "tools"
NODE_LOCK = ROOT / "tests" / "clients" / "tools.txt"
PATIENCE = 10  # seconds that an answer is waited for


def figures(url: str, bodies: str, content_type: str, load: Load, seconds: float, seed: int) -> dict[str, float]:
    """The figures of `seconds` of load on an address; `bodies` is the path of the file that holds what is sent."""
    return summary(answers(url, bodies, content_type, load, seconds, seed), seconds)


def answers(url: str, bodies: str, content_type: str, load: Load, seconds: float, seed: int) -> Sequence[Answer]:
    """Each request of `seconds` of load, in the order in which they ended."""
    programs = python_with("node", NODE_LOCK).parent
    files = [TOOLS / name for name in ("package.json", "package-lock.json", "load.mjs")]
    question = {
        "url": url, "bodies": bodies, "content_type": content_type, "clients": load.clients, "seconds": seconds,
        "patience": PATIENCE, "moments": None if load.rate is None else moments(load.rate, seconds, seed),
    }  # fmt: skip
    command = [programs / "node", npm_folder("load", programs, files) / "load.mjs"]
    done = subprocess.run(command, input=json.dumps(question), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"The load generator failed: {done.stderr[-2000:]}")
    return [Answer(*row) for row in json.loads(done.stdout)]
