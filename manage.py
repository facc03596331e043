#!/usr/bin/env python3
"""Run a verb in `.venv`, which is made first when it is missing or its locks changed. Needs Python >= 3.11 only."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCKS = (ROOT / "common" / "uv.txt", ROOT / "tests" / "requirements.txt")


def make_environment() -> None:
    """Make `.venv`, unless it is complete and made from these locks by this Python."""
    key = hashlib.sha256(b"".join([*(lock.read_bytes() for lock in LOCKS), sys.version.encode()])).hexdigest()
    marker = VENV / "lock.sha256"
    if PYTHON.exists() and marker.is_file() and marker.read_text() == key:
        return
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit("This Python cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv")
    print("Installing the tools into .venv (the first time, about half a minute) ...", flush=True)
    started = time.monotonic()
    venv.create(VENV, with_pip=True, clear=True)
    hashed = ["install", "--require-hashes", "-r"]
    run("-m", "pip", "--quiet", "--disable-pip-version-check", *hashed, LOCKS[0])
    run("-m", "uv", "pip", *hashed, LOCKS[1], "--python", PYTHON, "--compile-bytecode")
    marker.write_text(key)
    print(f"Installing the tools into .venv: {time.monotonic() - started:.0f} s", flush=True)


def run(*arguments: str | Path) -> None:
    """Run Python in `.venv`, without its output. Ends the process with that output when it fails."""
    done = subprocess.run([PYTHON, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        sys.stderr.buffer.write(done.stdout)
        sys.exit("The tools could not be installed, for the reason above; run the same command again to try again.")


def main() -> int:
    """Run the verb in `.venv` in place of this process."""
    if sys.version_info < (3, 11):  # noqa: UP036  # this file itself may be run by an older one
        sys.exit("Python 3.11 or newer is needed; run this file with one, as in: python3.12 manage.py start")
    try:
        make_environment()
    except KeyboardInterrupt:
        sys.exit(130)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{VENV} could not be made: {error}")
    source = str(ROOT / "common" / "src")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), source))}
    os.execve(PYTHON, [str(PYTHON), "-m", "scripts", *sys.argv[1:]], environment)


if __name__ == "__main__":
    sys.exit(main())
