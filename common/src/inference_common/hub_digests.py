"""Digests: what the Hub says that a file's content is, and whether what was fetched is that.

The client compares sizes only. Of a file in Git LFS or Xet the Hub tells the SHA-256 of its content, of any other that
of its Git object, as `git hash-object` makes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import hub_cache
from .errors import HubUnavailable

_SHA256_BYTES, _SHA1_BYTES = 32, 20
_CHUNK_BYTES = 1024 * 1024


def of_listed(file: Any) -> bytes | None:
    """The digest of a file as a model's entry at the Hub lists it: 32 bytes of SHA-256, or 20 of Git's SHA-1; None
    where it tells none."""
    lfs = getattr(file, "lfs", None)
    told, size = (lfs.sha256, _SHA256_BYTES) if lfs else (getattr(file, "blob_id", None), _SHA1_BYTES)
    try:
        digest = bytes.fromhex(told or "")
    except (TypeError, ValueError):
        return None
    return digest if len(digest) == size else None


def damaged(folder: Path, digests: Mapping[str, bytes]) -> list[str]:
    """Those of the files of a folder whose content is not what their digest says. Reads each of them once."""
    return [name for name, digest in digests.items() if _digest(folder / name, len(digest)) != digest]


def check(folder: Path, name: str, digests: Mapping[str, bytes]) -> None:
    """Raises HubUnavailable, which names the model, where the content of a file is not what its digest says; such files
    are removed."""
    found = damaged(folder, digests)
    for file in found:
        hub_cache.remove(folder / file)
    if found:
        raise HubUnavailable(
            f"{found[0][:200]} of {name} arrived damaged: its content is not what the Hub says; try again, and check"
            " HF_ENDPOINT where it stays so"
        )


def _digest(path: Path, length: int) -> bytes:
    with path.open("rb") as file:
        if length == _SHA256_BYTES:
            found = hashlib.sha256()
        else:
            found = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
        while chunk := file.read(_CHUNK_BYTES):
            found.update(chunk)
    return found.digest()
