"""Small wheels that tests write, in place of packages too large for a test."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path


def write_wheel(
    folder: Path, name: str, version: str, files: Mapping[str, bytes], requires: Sequence[str] = ()
) -> Path:
    """Write a wheel for any Python and platform: the files, and the metadata that installers read."""
    info = f"{name}-{version}.dist-info"
    needed = "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
    metadata = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(written, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
        for path, text in metadata.items():
            archive.writestr(path, text)
    return written
