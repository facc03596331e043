"""The files that decide a check's result, and a digest of them that is the same in every clone."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from pathlib import Path

from ..torch_builds import torch_builds

VARIABLES = (
    "HF_ENDPOINT",
    "INFERENCE_BUILD_ARGS",
    "PIP_EXTRA_INDEX_URL",
    "PIP_INDEX_URL",
    "PYTHON_IMAGE",
    "UV_INDEX",
    "WHEELS",
)
"""Environment variables that decide which packages an environment or an image gets."""


@dataclass(frozen=True)
class Inputs:
    """Patterns of paths below the root, whose `*` also matches `/`: `own` are of one library, `shared` are of several;
    `without` are left out of both, as are Markdown files unless `prose`. With `installs`, `VARIABLES` and the builds of
    torch count too."""

    shared: tuple[str, ...]
    own: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    prose: bool = False
    installs: bool = False


@dataclass(frozen=True)
class Tree:
    """The digest of each file of a checkout that git tracks or would track, by its path below the root."""

    files: Mapping[str, str]

    @classmethod
    def read(cls, root: Path) -> Tree:
        """Read a checkout. Raises SystemExit where the folder is no git checkout."""
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        if listed.returncode:
            raise SystemExit(f"`test` needs a git checkout of the project: {listed.stderr.strip()}")
        names = set(listed.stdout.split("\0")) - {""}
        return cls({name: _digest(root / name) for name in names if (root / name).is_file()})

    def digest(self, inputs: Inputs) -> str:
        """A digest of all inputs, of this Python and of this kind of machine."""
        facts = [sys.version, platform.machine()]
        if inputs.installs:
            facts += [torch_builds().key, *(f"{name}={os.environ.get(name, '')}" for name in VARIABLES)]
        return self._combined([*inputs.own, *inputs.shared], inputs, facts)

    def own_digest(self, inputs: Inputs) -> str:
        """A digest of the inputs that are one library's own."""
        return self._combined(inputs.own, inputs, [])

    def _combined(self, patterns: Iterable[str], inputs: Inputs, facts: Iterable[str]) -> str:
        wanted, unwanted = _matcher(patterns), _matcher(inputs.without)
        chosen = [
            f"{name}={digest}"
            for name, digest in sorted(self.files.items())
            if wanted(name) and not unwanted(name) and (inputs.prose or not name.endswith(".md"))
        ]
        return hashlib.sha256("\n".join([*facts, *chosen]).encode()).hexdigest()[:12]


def _matcher(patterns: Iterable[str]) -> Callable[[str], object]:
    return re.compile("|".join(map(translate, patterns)) or r"(?!)").match


def _digest(file: Path) -> str:
    """A digest of a file's content and of whether it is executable."""
    return hashlib.sha256(file.read_bytes() + (b"+x" if os.access(file, os.X_OK) else b"")).hexdigest()
