"""`matrix`: the libraries that a change can break, as JSON for a CI's matrix."""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Iterable

from .images import IMAGES, ROOT, libraries

PROSE = (".md",)
APART = ("docs/", "deploy/", "gateway/", "LICENSE")  # nothing of these enters an image or its tests


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's command line."""
    verb = verbs.add_parser("matrix", help="print the libraries to build and test, as JSON for CI")
    verb.add_argument("--changed", metavar="BASE", help="only those that differ from this commit or branch")
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print {"library": [...]}."""
    everything = [known.hub_name for known in libraries()]
    chosen = everything if arguments.changed is None else touched(_changed(arguments.changed))
    print(json.dumps({"library": chosen}))
    return 0


def touched(paths: Iterable[str]) -> list[str]:
    """The libraries that changed paths (relative to the root, with `/`) can break: those of their folders, else all."""
    images = f"{IMAGES.relative_to(ROOT).as_posix()}/"
    found: set[str] = set()
    for path in paths:
        if path.endswith(PROSE) or path.startswith(APART):
            continue
        if not path.startswith(images):
            return [known.hub_name for known in libraries()]
        found.add(path.removeprefix(images).partition("/")[0])
    return [known.hub_name for known in libraries() if known.context.name in found]


def _changed(base: str) -> list[str]:
    command = ["git", "diff", "--name-only", f"{base}...HEAD"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        raise SystemExit(f"git does not know {base!r}: {listed.stderr.strip()}")
    return listed.stdout.splitlines()
