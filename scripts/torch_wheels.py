"""Wheels of torch's family that fit the wheel of torch in a folder, where the folder lacks them.

On Linux x86-64 the registry has torchvision and torchaudio as CUDA builds only, whose shared libraries cannot be loaded
beside a CPU build of torch. Without these libraries both import, and do all but what the libraries compute
(torchvision's NMS and image readers, torchaudio's forced alignment).
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from .cache import cache, digest, made
from .progress import run, step

CUDA_LIBRARY = "libtorch_cuda.so"
"""A part of torch's CUDA builds, which the CUDA builds of the others are linked to."""
LOCAL_VERSION = "python"
SHARED_LIBRARY = re.compile(r"\.so(\.\d+)*$")
# The operators that torchvision's modules look up when they are imported.
OPERATORS = b"""import torch as _torch

_library = _torch.library.Library("torchvision", "DEF")
_library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
_library.define("qnms(Tensor dets, Tensor s, Tensor z, Tensor scores, float iou_threshold) -> Tensor")
"""


def completed(given: Path, missing: Sequence[str]) -> Path:
    """A folder in the cache with links to the wheels of `given`, and wheels that fit them of what it is missing of
    torch's family (`name==version`), from the registry. Raises SystemExit where the registry lacks one too."""
    wheels = sorted(given.glob("*.whl"))
    inputs = [*(f"{file} {file.stat().st_size}" for file in wheels), *missing, Path(__file__).read_text(), sys.version]
    folder = cache() / "torch-wheels" / digest(part.encode() for part in inputs)
    with made(folder) as empty:
        if empty:
            folder.mkdir()
            for wheel in wheels:
                (folder / wheel.name).symlink_to(wheel.resolve())
            for line in missing:
                _download(line, folder, keep_cuda=any(_has_cuda(wheel) for wheel in given.glob("torch-*.whl")))
    return folder


def _has_cuda(wheel: Path) -> bool:
    with zipfile.ZipFile(wheel) as archive:
        return any(name.endswith(CUDA_LIBRARY) for name in archive.namelist())


def _download(requirement: str, folder: Path, *, keep_cuda: bool) -> None:
    """Put the registry's wheel of a requirement into a folder, without shared libraries where they need CUDA's."""
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", requirement]
    with step(f"Downloading {requirement}"), tempfile.TemporaryDirectory() as place:
        run([*pip, "--dest", place])
        (wheel,) = Path(place).glob("*.whl")
        if keep_cuda or not _needs_cuda(wheel):
            shutil.copy(wheel, folder)
        else:
            without_libraries(wheel, folder)


def _needs_cuda(wheel: Path) -> bool:
    with zipfile.ZipFile(wheel) as archive:
        libraries = [name for name in archive.namelist() if SHARED_LIBRARY.search(name)]
        return any(CUDA_LIBRARY.encode() in archive.read(name) for name in libraries)


def without_libraries(wheel: Path, folder: Path) -> Path:
    """Write a copy of a wheel without shared libraries, its operators declared, under a local version of its own."""
    name, version = wheel.name.split("-")[:2]
    local = f"{version}+{LOCAL_VERSION}"
    old, new = f"{name}-{version}.dist-info/", f"{name}-{local}.dist-info/"
    written = folder / wheel.name.replace(f"-{version}-", f"-{local}-", 1)
    record = []
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            if entry.is_dir() or entry.filename == f"{old}RECORD" or SHARED_LIBRARY.search(entry.filename):
                continue
            data = source.read(entry)
            if entry.filename == "torchvision/__init__.py":
                data = OPERATORS + data
            if entry.filename == f"{old}METADATA":
                data = data.replace(f"\nVersion: {version}\n".encode(), f"\nVersion: {local}\n".encode(), 1)
            path = entry.filename.replace(old, new, 1)
            # The entry's own time, so that equal wheels give equal bytes.
            target.writestr(zipfile.ZipInfo(path, entry.date_time), data, zipfile.ZIP_DEFLATED)
            hashed = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={hashed},{len(data)}")
        target.writestr(
            zipfile.ZipInfo(f"{new}RECORD", (1980, 1, 1, 0, 0, 0)), "\n".join([*record, f"{new}RECORD,,", ""])
        )
    return written
