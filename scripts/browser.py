"""A Chromium that the browser tests can run: the system's, else the one that Playwright downloads."""

from __future__ import annotations

import functools
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from . import apt, progress

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DRIVER_PACKAGES = ("libatomic1",)
"""The system packages that Playwright's driver needs on Debian and Ubuntu."""
PACKAGES = ("chromium", "fonts-dejavu-core", *DRIVER_PACKAGES)
PLAYWRIGHT = (sys.executable, "-m", "playwright")
DOWNLOAD_SECONDS = 600
START_SECONDS = 60


def find_browser() -> Path | None:
    """The first Chromium that starts on this machine; None without one, or where Playwright itself does not start."""
    if not _starts(*PLAYWRIGHT):
        return None
    return next((path for path in _candidates() if _starts(path)), None)


def install_browser() -> None:
    """Install Debian's Chromium where this user may, else let Playwright download one. Raises SystemExit on failure."""
    if _is_debian() and apt.can_install():
        apt.install(PACKAGES)
        return
    if apt.can_install() and not _starts(*PLAYWRIGHT):
        apt.install(DRIVER_PACKAGES)
    command = _download_command(with_libraries=apt.can_install())
    with progress.step("Downloading Chromium with Playwright"):
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=DOWNLOAD_SECONDS, check=False)  # fmt: skip
        except subprocess.TimeoutExpired:
            raise SystemExit(f"Playwright did not download Chromium within {DOWNLOAD_SECONDS} s") from None
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if line.startswith("Error")]
            raise SystemExit(f"Playwright could not download Chromium: {' '.join(errors[:1])}")


def install_command() -> str:
    """The command that installs a browser, for a person to run."""
    if _is_debian():
        return apt.install_command(PACKAGES)
    first = [apt.install_command(DRIVER_PACKAGES)] if apt.has_apt() and not _starts(*PLAYWRIGHT) else []
    return " && ".join([*first, " ".join(_download_command(with_libraries=apt.has_apt()))])


def _candidates() -> Iterator[Path]:
    yield from (Path(path) for name in NAMES if (path := shutil.which(name)))
    with sync_playwright() as playwright:
        downloaded = Path(playwright.chromium.executable_path)
    if downloaded.is_file():
        yield downloaded


def _starts(*program: str | Path) -> bool:
    """Whether the program runs: one that was downloaded does not where the system lacks its libraries."""
    try:
        done = subprocess.run([*program, "--version"], capture_output=True, timeout=START_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _download_command(*, with_libraries: bool) -> list[str]:
    """Playwright's command; `with_libraries` adds the system's packages that Chromium needs, by apt-get and sudo."""
    return [*PLAYWRIGHT, "install", *(["--with-deps"] if with_libraries else []), "chromium"]


@functools.cache
def _is_debian() -> bool:
    """Whether this is Debian itself: Ubuntu has Chromium as a snap only."""
    try:
        return platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False
