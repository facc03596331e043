"""Scripts of tests that run where a library is installed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from scripts.envs import python_of
from scripts.images import ROOT, Library

SECONDS = 500


def run_in(known: Library, script: Path, *arguments: object) -> str:
    """The last line that a script writes, run in a library's environment, with its folder's modules to import."""
    paths = (ROOT / "common" / "src", known.context)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [python_of(known), script, *map(str, arguments)],
        cwd=known.context, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.rpartition("\n")[2]
