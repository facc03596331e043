"""Whether a disk has room for a download."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

from .errors import LoadFailed
from .units import MIB, needed_mib

RESERVED_BYTES = 256 * MIB  # of the file system that a download leaves free, or RESERVED_SHARE of it if that is less
RESERVED_SHARE = 0.05


class Usage(NamedTuple):
    """Bytes of a file system, as `shutil.disk_usage` tells them."""

    total: int
    used: int
    free: int


def usage(folder: Path) -> Usage:
    """The file system that holds a folder, or will once that is made."""
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    return Usage(*shutil.disk_usage(there))


def lacking(folder: Path, needed: int) -> int:
    """Bytes that are not free for a download of so many; none or fewer where it has room."""
    found = usage(folder)
    return needed + min(RESERVED_BYTES, int(RESERVED_SHARE * found.total)) - found.free


def require(folder: Path, name: str, needed: int) -> None:
    """Raises LoadFailed, which names the model, unless the disk has so many bytes free, and a reserve."""
    missing = lacking(folder, needed)
    if missing > 0:
        raise LoadFailed(f"The disk lacks {needed_mib(missing)} for {name}; free some, or set HF_HOME to a larger disk")
