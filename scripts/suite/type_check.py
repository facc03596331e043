"""Run mypy on a library's app with the packages of the library's own environment."""

from __future__ import annotations

import os
import subprocess
import sys

from ..cache import cache
from ..envs import python_of
from ..images import ROOT, Library, library


def check(known: Library) -> int:
    """Run mypy; its exit status."""
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), "--python-executable"]
    # Types of the library's environment take most of the time, and outlive this checkout.
    command += [str(python_of(known)), "--cache-dir", str(cache() / "mypy" / known.name), "-p", "app"]
    path = os.pathsep.join((str(ROOT / "common" / "src"), str(known.folder)))
    return subprocess.run(command, cwd=known.folder, env={**os.environ, "MYPYPATH": path}, check=False).returncode


if __name__ == "__main__":
    sys.exit(check(library(sys.argv[1])))
