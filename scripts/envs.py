"""A library's own environment: installed from its lock, kept in the cache, shared by every clone of the project."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .cache import cache, digest, made
from .images import Library
from .progress import run, step
from .torch_builds import TorchBuilds, torch_builds
from .torch_files import CHOSEN_LATER, TORCH


def python_of(library: Library) -> Path:
    """The interpreter of a library's environment, which is made first if need be. Raises SystemExit if that fails."""
    family = [TORCH, *([library.torch_family] if library.torch_family.is_file() else [])] if library.needs_torch else []
    return python_with(library.name, library.lock, family)


def python_with(name: str, lock: Path, family: Sequence[Path] = ()) -> Path:
    """The interpreter of the environment of a lock, which is made first if need be.

    `family` are requirements of torch's family, whose builds are chosen for this machine. Raises SystemExit.
    """
    builds = torch_builds() if family else None
    folder = cache() / "envs" / f"{name}-{_key(lock, family, builds)}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    with made(folder) as missing:
        if missing:
            if builds is not None:
                print(builds.reason, flush=True)
            with step(f"Making the environment of {name.replace('_', '-')}"):
                _install(folder, python, lock)
                if builds is not None:
                    _install_family(python, family, builds)
    return python


def _key(lock: Path, family: Sequence[Path], builds: TorchBuilds | None) -> str:
    """A digest of everything that decides what is installed in an environment."""
    files = [file.read_bytes() for file in (lock, *family)]
    # The interpreter by where it is installed: a checkout's own .venv holds a copy of it.
    machine = [sys.version, sysconfig.get_platform(), sys.base_prefix, builds.key if builds else ""]
    return digest([*files, *(part.encode() for part in machine)])


def _install(folder: Path, python: Path, lock: Path) -> None:
    """Make an environment and install exactly what a lock names."""
    run([sys.executable, "-m", "uv", "venv", "--python", sys.executable, folder])
    _uv("install", "--python", python, "--no-deps", "--require-hashes", "--requirements", lock)


def _install_family(python: Path, family: Sequence[Path], builds: TorchBuilds) -> None:
    """Install torch's family, and what these builds of it need that no lock names, such as NVIDIA's libraries.

    Raises SystemExit where one of them cannot be imported: builds that do not fit together.
    """
    options: list[str | Path] = [*builds.uv_options, "--python", python]
    with tempfile.TemporaryDirectory() as folder:
        resolved = Path(folder) / "torch.txt"
        _uv("compile", *options, "--no-header", "--no-annotate", "--output-file", resolved, *family)
        chosen = [line for line in resolved.read_text().splitlines() if CHOSEN_LATER.match(line)]
        resolved.write_text("\n".join(chosen))
        _uv("install", *options, "--no-deps", "--requirements", resolved)
    packages = ", ".join(line.partition("==")[0] for file in family for line in file.read_text().split())
    done = subprocess.run([python, "-c", f"import {packages}"], stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(
            f"{packages} do not import together: {done.stderr.strip().splitlines()[-1]}\n"
            "Set TORCH_BACKEND to the builds to install (cpu, cu130, ...: a value of uv's --torch-backend), or "
            "UV_FIND_LINKS to a folder of wheels that fit together, and run this again."
        )


def _uv(*arguments: str | Path) -> None:
    # The builds of torch are those of the options, not of uv's own setting.
    environment = {name: value for name, value in os.environ.items() if name != "UV_TORCH_BACKEND"}
    uv: list[str | Path] = [sys.executable, "-m", "uv", "pip", *arguments]
    run(uv, environment={**environment, "UV_COMPILE_BYTECODE": "1"})
