"""The cache folder: environments, demo models and decisions, each made once and kept under a key of its inputs."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout


def cache() -> Path:
    """The cache folder: `INFERENCE_CACHE`, else `inference-api` in the user's cache folder."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "inference-api"
    return Path(os.environ.get("INFERENCE_CACHE") or default)


def digest(parts: Iterable[bytes]) -> str:
    """A key of 12 hexadecimal digits for the given parts."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


@contextlib.contextmanager
def made(folder: Path) -> Iterator[bool]:
    """Lock a folder and yield whether the caller must fill it; it counts as complete if nothing is raised.

    Raises SystemExit where the cache cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{folder}.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            print(f"Waiting for another process, which fills {folder} ...", flush=True)
            lock.acquire()
    except OSError as error:
        raise SystemExit(f"{error}; set INFERENCE_CACHE to a folder that can be written") from None
    try:
        mark = folder / "complete"
        missing = not mark.is_file()
        if missing:
            shutil.rmtree(folder, ignore_errors=True)
        yield missing
        mark.touch()
    finally:
        lock.release()
