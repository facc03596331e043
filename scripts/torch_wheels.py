"""Wheel folders that have torch, and torchvision and torchaudio made to fit a CPU build of torch found there.

Where the registry has torchvision and torchaudio as CUDA builds only, their compiled parts cannot be loaded beside a
CPU build of torch. Without those parts they import, and do all but what those parts compute (torchvision's own NMS and
JPEG reader, torchaudio's forced alignment).
"""

from __future__ import annotations

import ast
import base64
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from .cache import digest, made

LOCAL_VERSION = "python"
# The operators that torchvision's own modules look up as they are imported.
OPERATORS = b"""import torch as _torch

_library = _torch.library.Library("torchvision", "DEF")
_library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
_library.define("qnms(Tensor dets, Tensor s, Tensor z, Tensor scores, float iou_threshold) -> Tensor")
"""


def wheel_folders() -> tuple[list[Path], list[Path]]:
    """The wheel folders that uv's environment and pip's configuration name, and the files that pip reads it from."""
    command = [sys.executable, "-m", "pip", "config", "list", "--verbose"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    files = [Path(ast.literal_eval(name)) for name in re.findall(r"will try loading ('.*')$", listed, re.MULTILINE)]
    values = re.findall(r"^\S+\.find-links=('.*')$", listed, re.MULTILINE)
    places = os.environ.get("UV_FIND_LINKS", "").replace(",", " ").split()
    places += [place for value in values for place in str(ast.literal_eval(value)).split()]
    folders = [
        Path(url2pathname(urlsplit(place).path)) if place.startswith("file:") else Path(place) for place in places
    ]
    return [folder for folder in dict.fromkeys(folders) if folder.is_dir()], files


def compatible_wheels(given: Path, family: Sequence[str], cache: Path) -> tuple[Path, list[str]]:
    """A folder in the cache of the given folder's wheels and of those of torch's family that it lacks, taken from the
    registry and made to fit; and the names of the latter."""
    own = sorted(given.glob("*.whl"))
    missing = [line for line in family if not list(given.glob(f"{line.replace('==', '-')}[-+]*.whl"))]
    parts = [*(f"{file} {file.stat().st_size}" for file in own), *missing, Path(__file__).read_text(), sys.version]
    folder = cache / digest(part.encode() for part in parts)
    with made(folder) as empty:
        if empty:
            folder.mkdir()
            for file in own:
                (folder / file.name).symlink_to(file.resolve())
            for line in missing:
                _adapted(line, folder)
    return folder, [line.partition("==")[0] for line in missing]


def _adapted(requirement: str, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", place, requirement]
        subprocess.run(pip, check=True)
        (wheel,) = Path(place).glob("*.whl")
        remove_compiled_parts(wheel, folder, *requirement.split("=="))


def remove_compiled_parts(wheel: Path, folder: Path, name: str, version: str) -> None:
    """Write a copy of a wheel with no shared library, the operators defined, a local version and a new RECORD."""
    local = f"{version}+{LOCAL_VERSION}"
    old, new = f"{name}-{version}.dist-info", f"{name}-{local}.dist-info"
    record = []
    with (
        zipfile.ZipFile(wheel) as source,
        zipfile.ZipFile(folder / wheel.name.replace(f"-{version}-", f"-{local}-"), "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            if entry.filename.endswith((".so", "/RECORD")):
                continue
            data = source.read(entry)
            if entry.filename == "torchvision/__init__.py":
                data = OPERATORS + data
            if entry.filename == f"{old}/METADATA":
                data = data.replace(f"\nVersion: {version}\n".encode(), f"\nVersion: {local}\n".encode(), 1)
            path = entry.filename.replace(old, new, 1)
            target.writestr(path, data)
            hashed = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={hashed},{len(data)}")
        target.writestr(f"{new}/RECORD", "\n".join([*record, f"{new}/RECORD,,", ""]))
