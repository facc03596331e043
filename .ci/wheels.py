"""wheels.py FOLDER: wheels of torchvision and torchaudio that import beside a CPU build of torch, put into FOLDER.

Where the registry has them for CUDA only, their compiled parts cannot be loaded. Without those parts they import and
do all but what those parts compute (torchvision's own NMS and JPEG reader, torchaudio's alignment).
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = "ci"
# The operators that torchvision's own modules look up as they are imported.
OPERATORS = b"""import torch as _torch

_library = _torch.library.Library("torchvision", "DEF")
_library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
_library.define("qnms(Tensor dets, Tensor s, Tensor z, Tensor scores, float iou_threshold) -> Tensor")
"""


def main(folder: Path) -> None:
    """Download, patch and write each wheel that is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for line in (ROOT / "common" / "torch-family.txt").read_text().split():
        name, _, version = line.partition("==")
        if list(folder.glob(f"{name}-{version}+{LOCAL}-*.whl")):
            continue
        with tempfile.TemporaryDirectory() as place:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", place, line]
            subprocess.run(pip, check=True)
            (wheel,) = Path(place).glob("*.whl")
            patch(wheel, folder, name, version)


def patch(wheel: Path, folder: Path, name: str, version: str) -> None:
    """Write the wheel anew: no shared library, the operators defined, a version of its own, a fresh RECORD."""
    local = f"{version}+{LOCAL}"
    old, new = f"{name}-{version}.dist-info", f"{name}-{local}.dist-info"
    record = []
    written = folder / wheel.name.replace(f"-{version}-", f"-{local}-")
    partial = written.with_suffix(".part")
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.namelist():
            if entry.endswith((".so", "/RECORD")):
                continue
            data = source.read(entry)
            if entry == "torchvision/__init__.py":
                data = OPERATORS + data
            if entry == f"{old}/METADATA":
                data = data.replace(f"\nVersion: {version}\n".encode(), f"\nVersion: {local}\n".encode(), 1)
            path = entry.replace(old, new, 1)
            target.writestr(path, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={digest},{len(data)}")
        target.writestr(f"{new}/RECORD", "\n".join([*record, f"{new}/RECORD,,", ""]))
    partial.rename(written)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
