#!/usr/bin/env python3
"""The front door: makes `.venv` when its lock changed, then runs the verb in it. Needs Python >= 3.11 only."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCKS = (ROOT / "common" / "uv.txt", ROOT / "tests" / "requirements.txt")


def make_environment() -> None:
    """Make `.venv` from its locks, unless it is already of these very locks."""
    key = hashlib.sha256(b"".join(lock.read_bytes() for lock in LOCKS)).hexdigest()
    marker = VENV / "lock.sha256"
    if marker.is_file() and marker.read_text() == key:
        return
    print("Making .venv (once; a minute at most) ...", flush=True)
    venv.create(VENV, with_pip=True, clear=True)
    hashed = ["install", "--require-hashes", "-r"]
    subprocess.run([PYTHON, "-m", "pip", "--quiet", "--disable-pip-version-check", *hashed, LOCKS[0]], check=True)
    uv = [PYTHON, "-m", "uv", "pip", "--quiet", *hashed, LOCKS[1], "--python", PYTHON, "--compile-bytecode"]
    subprocess.run(uv, check=True)
    marker.write_text(key)


def main() -> int:
    """Run the verb; its exit status is ours."""
    if sys.version_info < (3, 11):  # noqa: UP036  # whoever runs this may have an older one
        sys.exit("Python 3.11 or newer is needed; run this file with one, as in: python3.12 manage.py start")
    try:
        make_environment()
    except subprocess.CalledProcessError as error:
        sys.exit(f"The tools could not be installed (exit {error.returncode}); the lines above say why.")
    source = str(ROOT / "common" / "src")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), source))}
    os.execve(PYTHON, [str(PYTHON), "-m", "scripts", *sys.argv[1:]], environment)


if __name__ == "__main__":
    sys.exit(main())
