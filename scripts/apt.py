"""Debian's and Ubuntu's packages, installed by apt-get where this user may."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence

OPTIONS = ("--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300")
MAX_SECONDS = 900
SHOWN_LINES = 20  # of apt-get's output, where it fails


def is_debian() -> bool:
    """Whether this system has apt-get."""
    return shutil.which("apt-get") is not None


def can_install() -> bool:
    """Whether this user may install packages: root, on a system with apt-get."""
    return is_debian() and os.geteuid() == 0


def install_command(packages: Sequence[str]) -> str:
    """The command that installs packages, for a person to run."""
    return f"{'' if os.geteuid() == 0 else 'sudo '}apt-get install --yes {' '.join(packages)}"


def available(packages: Sequence[str]) -> list[str]:
    """Those of the packages that this release of the system has."""
    _update()
    return [name for name in packages if _apt(["apt-cache", "show", "--no-all-versions", name]).returncode == 0]


def install(packages: Sequence[str]) -> None:
    """Install packages, with one line that names them. Raises SystemExit with the end of apt-get's output."""
    print(f"Installing {', '.join(packages)} with apt-get ...", flush=True)
    _update()
    done = _apt(["apt-get", "install", *OPTIONS, *packages])
    if done.returncode:
        shown = "\n".join(done.stdout.splitlines()[-SHOWN_LINES:])
        raise SystemExit(f"`{install_command(packages)}` failed with exit status {done.returncode}:\n{shown}")


@functools.cache
def _update() -> None:
    # A source that cannot be read does not matter where another one has the package.
    _apt(["apt-get", "update", "-o", "DPkg::Lock::Timeout=300"])


def _apt(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        timeout=MAX_SECONDS,
    )  # fmt: skip
