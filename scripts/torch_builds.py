"""Which builds of torch's family (torch, torchvision, torchaudio) are installed, decided by what can be reached."""

from __future__ import annotations

import functools
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock

from .cache import cache, digest
from .torch_files import FAMILY, TORCH
from .torch_wheels import completed
from .wheel_folders import wheel_folders

VALID_SECONDS = 24 * 3600
MAX_SECONDS = 12
ENVIRONMENT = ("PIP_", "UV_", "HOME", "XDG_CONFIG_")
"""Prefixes of the variables that decide, or say where pip's configuration is."""
NETWORK_LIMITS = {"UV_HTTP_TIMEOUT": "5", "UV_HTTP_CONNECT_TIMEOUT": "5", "UV_HTTP_RETRIES": "1"}


@dataclass(frozen=True)
class TorchBuilds:
    """The builds to install: `backend` is a value of uv's `--torch-backend`, or empty; `wheels` is a folder of wheels
    to prefer to the registry's, or None; `reason` is the line that says which were chosen and why."""

    source: Literal["requested", "index", "wheels", "registry"]
    backend: str
    wheels: Path | None
    reason: str

    @property
    def key(self) -> str:
        """A digest of what decides which files are installed: the backend, and each wheel's name and size."""
        wheels = sorted(self.wheels.glob("*.whl")) if self.wheels else []
        return digest([self.backend.encode(), *(f"{file.name} {file.stat().st_size}".encode() for file in wheels)])

    @property
    def uv_options(self) -> list[str]:
        """The options that make `uv pip install` take these builds."""
        backend = ["--torch-backend", self.backend] if self.backend else []
        return [*backend, *(["--find-links", str(self.wheels)] if self.wheels else [])]


@functools.cache
def torch_builds() -> TorchBuilds:
    """The builds that fit together on this machine, decided once a day for the same request, versions and Python."""
    requested = _requested()
    inputs = [str(requested), TORCH.read_text(), FAMILY.read_text(), sys.version, platform.platform()]
    inputs += [f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith(ENVIRONMENT)]
    file = cache() / "torch-builds" / f"{digest(part.encode() for part in inputs)}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{file}.lock"):
        kept = _read(file)
        if kept is not None:
            return kept
        builds, watched = _decide(requested)
        _write(file, builds, watched)
    return builds


def _requested() -> str | None:
    """The backend that the user requests: `TORCH_BACKEND`, else uv's own `UV_TORCH_BACKEND`."""
    return os.environ.get("TORCH_BACKEND", os.environ.get("UV_TORCH_BACKEND"))


def _decide(requested: str | None) -> tuple[TorchBuilds, Sequence[Path]]:
    """The builds, and the files and folders whose change invalidates the decision."""
    torch = TORCH.read_text().strip()
    if requested is not None:
        chosen = requested or "the registry's own"
        return TorchBuilds("requested", requested, None, f"Builds of torch: {chosen}, as TORCH_BACKEND requests."), []
    if _installable(torch, "--torch-backend", "cpu"):
        return TorchBuilds("index", "cpu", None, "Builds of torch: for the CPU, from PyTorch's index."), []
    folders, watched = wheel_folders()
    for folder in folders:
        local = ("--no-index", "--find-links", str(folder))
        if _installable(torch, *local):
            missing = [line for line in FAMILY.read_text().split() if not _installable(line, *local)]
            wheels = completed(folder, missing)
            adapted = f", {' and '.join(missing)} of the registry made to fit it" if missing else ""
            reason = f"Builds of torch: of the wheel folder {folder}{adapted}, since PyTorch's index cannot be reached."
            return TorchBuilds("wheels", "", wheels, reason), [*watched, folder, *folder.glob("torch*.whl"), wheels]
    reason = (
        "Builds of torch: the registry's own (on Linux x86-64 for CUDA, several GB), since PyTorch's index cannot be "
        f"reached and no wheel folder of uv or pip has {torch}; TORCH_BACKEND=cpu insists on the index."
    )
    return TorchBuilds("registry", "", None, reason), [*watched, *folders]


def _installable(requirement: str, *options: str) -> bool:
    """Whether uv finds a wheel of the requirement for this Python and platform where the options say, in time."""
    command = [sys.executable, "-m", "uv", "pip", "install", "--dry-run", "--no-deps", "--no-cache", *options]
    environment = {name: value for name, value in os.environ.items() if name != "UV_FIND_LINKS"} | NETWORK_LIMITS
    with tempfile.TemporaryDirectory() as target:
        command += ["--python", sys.executable, "--target", target, requirement]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, timeout=MAX_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0


def _read(file: Path) -> TorchBuilds | None:
    """The decision of a file, if it is younger than a day and what it depends on is unchanged."""
    try:
        kept = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):  # none yet, or half written
        return None
    changed = any(_stamp(Path(path)) != stamp for path, stamp in kept["watched"].items())
    if changed or time.time() - kept["decided"] > VALID_SECONDS:
        return None
    builds = kept["builds"]
    return TorchBuilds(**{**builds, "wheels": Path(builds["wheels"]) if builds["wheels"] else None})


def _write(file: Path, builds: TorchBuilds, watched: Sequence[Path]) -> None:
    shown = {**asdict(builds), "wheels": str(builds.wheels) if builds.wheels else None}
    stamps = {str(path): _stamp(path) for path in watched}
    file.write_text(json.dumps({"builds": shown, "watched": stamps, "decided": time.time()}))


def _stamp(path: Path) -> int | None:
    """When a file, or the list of a folder's files, last changed; None where there is none."""
    return path.stat().st_mtime_ns if path.exists() else None
