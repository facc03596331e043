"""Debian's and Ubuntu's packages, installed by apt-get where this user may."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence

MAX_SECONDS = 900
LOCK_SECONDS = 300  # to wait for another process that installs
SHOWN_LINES = 20  # of apt-get's output, where it fails


def has_apt() -> bool:
    """Whether this system installs by apt-get: Debian, Ubuntu and their kin."""
    return shutil.which("apt-get") is not None


def can_install() -> bool:
    """Whether this user may install packages: root, on a system with apt-get."""
    return has_apt() and os.geteuid() == 0


def install_command(packages: Sequence[str]) -> str:
    """The command that installs packages, for a person to run."""
    return f"{'' if os.geteuid() == 0 else 'sudo '}apt-get install --yes {' '.join(packages)}"


def available(packages: Sequence[str]) -> list[str]:
    """Those of the packages that this release of the system has."""
    _update()
    return [name for name in packages if _apt(["apt-cache", "show", "--no-all-versions", name]).returncode == 0]


def install(packages: Sequence[str]) -> None:
    """Install packages, with one line that names them.

    Raises SystemExit with the command to run where this user may not, and with the end of apt-get's output on failure.
    """
    if not can_install():
        raise SystemExit(f"This user may not install packages; run: {install_command(packages)}")
    print(f"Installing {', '.join(packages)} with apt-get ...", flush=True)
    _update()
    done = _apt(["apt-get", "install", "--yes", "--no-install-recommends", *packages])
    if done.returncode:
        shown = "\n".join(done.stdout.splitlines()[-SHOWN_LINES:])
        raise SystemExit(f"`{install_command(packages)}` failed with exit status {done.returncode}:\n{shown}")


@functools.cache
def _update() -> None:
    # A source that cannot be read does not matter where another one has the package.
    if can_install():
        _apt(["apt-get", "update"])


def _apt(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    options = ["-o", f"DPkg::Lock::Timeout={LOCK_SECONDS}"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(
            [*command, *options], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=MAX_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise SystemExit(f"`{' '.join(command)}` did not end within {MAX_SECONDS} s; run it by hand.") from None
