"""What a small Hub names the content of its files by."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

LFS = (".bin", ".onnx", ".safetensors")
"""Ends of the names of files that are in Git LFS."""


def digest(path: Path) -> str:
    """What the Hub names a file's content by, in its ETag too: the SHA-256 of one in Git LFS, else Git's own SHA-1."""
    return _digest_at(path, path.stat().st_mtime_ns)


@functools.lru_cache(1024)
def _digest_at(path: Path, changed: int) -> str:
    content = path.read_bytes()
    if path.suffix in LFS:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def listed(path: Path) -> dict[str, Any]:
    """The digests of a file, as a model's entry lists them. A file that is not there has an empty one's."""
    found = digest(path) if path.is_file() else hashlib.sha256().hexdigest()
    if path.suffix not in LFS:
        return {"blobId": found[:40]}
    return {"blobId": found[:40], "lfs": {"sha256": found, "size": 1, "pointerSize": 134}}
