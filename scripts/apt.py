"""Debian's and Ubuntu's packages, installed by apt-get where this user may."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence

from . import progress

LOCK_SECONDS = 300  # to wait for another process that installs


def has_apt() -> bool:
    """Whether this system installs by apt-get: Debian, Ubuntu and what derives from them."""
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
    return [name for name in packages if _output(["apt-cache", "show", "--no-all-versions", name])]


def mirrors(release: str) -> list[str]:
    """The addresses that this system takes packages of a release of Debian from; empty on another release."""
    query = ["Created-By: Packages", "Origin: Debian", f"Codename: {release}"]
    listed = _output(["apt-get", "indextargets", "--format", "$(SITE)", *query]).split()
    return [address for address in dict.fromkeys(listed) if address.startswith("http")]


def install(packages: Sequence[str]) -> None:
    """Install packages.

    Raises SystemExit with the command to run where this user may not, and with the end of apt-get's output on failure.
    """
    if not can_install():
        raise SystemExit(f"This user may not install packages; run: {install_command(packages)}")
    with progress.step(f"Installing {', '.join(packages)} with apt-get"):
        _update()
        lock = f"DPkg::Lock::Timeout={LOCK_SECONDS}"
        command = ["apt-get", "install", "--yes", "--no-install-recommends", "-o", lock, *packages]
        progress.run(command, {**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


@functools.cache
def _update() -> None:
    # A source that cannot be read does not matter where another one has the package.
    if can_install():
        subprocess.run(["apt-get", "update"], capture_output=True, check=False)


def _output(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
