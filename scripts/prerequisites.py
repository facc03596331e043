"""System programs that tests use: installed where this user may, else the tests that use them are skipped."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import apt, browser
from .dockerd import ensure_docker_engine


@dataclass(frozen=True)
class Prerequisite:
    """A program that some tests use: where it is, how to install it, and the command that does so."""

    name: str
    find: Callable[[], Path | None]
    install: Callable[[], None]
    command: Callable[[], str]

    @property
    def missing(self) -> str:
        """Why the tests that use it are skipped, with the command that makes them run."""
        return f"no {self.name} on this machine; install it with: {self.command()}"


def _program(name: str) -> Prerequisite:
    """The prerequisite of a program whose Debian package has its name."""

    def find() -> Path | None:
        path = shutil.which(name)
        return Path(path) if path else None

    def install() -> None:
        if apt.can_install():
            apt.install([name])

    return Prerequisite(name, find, install, lambda: apt.install_command([name]))


BROWSER = Prerequisite("browser", browser.find_browser, browser.install_browser, browser.install_command)
CURL = _program("curl")
PREREQUISITES = (BROWSER, CURL)


def install(targets: Sequence[str]) -> None:
    """Install what the tests of these targets use; print a line for each program that cannot be installed.

    Raises SystemExit where `docker` is a target and there can be no Docker engine.
    """
    if "docker" in targets:
        ensure_docker_engine()
    for needed in PREREQUISITES:
        if needed.find() is None:
            try:
                needed.install()
            except SystemExit as error:
                print(error, flush=True)
            if needed.find() is None:
                print(f"{needed.missing}; its tests are skipped", flush=True)
