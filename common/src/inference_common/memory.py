"""How much memory there is for models, what this process holds of it, and giving back what is free."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import platform
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import psutil

from .device import release_gpu_memory
from .units import MIB

LARGE_BYTES = 256 * MIB  # of one array, from which on it is given back to the system at once
KEPT_BYTES = 512 * MIB  # free, that glibc keeps in all
KEPT_SHARE = 16  # of all memory, so that a small container keeps less: one part in so many
GC_THRESHOLD_OBJECTS = 10_000  # before the collector runs; Python's 700 are those of some dozen requests
MODELS_SHARE = 0.7  # of all memory, for models: the rest is for requests, the libraries themselves, and the machine
REQUESTS_SHARE = 0.2  # of all memory, for requests in flight
BODY_COPIES = 6  # while base64 is read out of JSON and decoded
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # of glibc's malloc.h
_OWN_GROUPS = Path("/proc/self/cgroup")
_CGROUPS = (
    (Path("/sys/fs/cgroup"), "memory.max", "memory.current", "inactive_file"),
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)
"""The container's, by either version of Linux's control groups: where its files are, and what they name its limit, what
is used of it, and how much of that holds files."""


def budget(mib: int | None) -> int:
    """Bytes for models: as set, else a share of what the machine, or the container, has."""
    return mib * MIB if mib is not None else int(MODELS_SHARE * total())


def requests_budget(mib: int | None, body_bytes: int) -> int:
    """Bytes for requests in flight: as set, else a share of what the machine, or the container, has, but room for the
    copies that are made of one of the largest bodies (`body_bytes`) at least."""
    return mib * MIB if mib is not None else max(int(REQUESTS_SHARE * total()), BODY_COPIES * body_bytes)


def total() -> int:
    """Bytes of memory that this process may use: the container's limit, if that is below the machine's."""
    found = psutil.virtual_memory().total
    for folder, limit, *_ in _control_groups():
        with contextlib.suppress(OSError, ValueError):  # `max` is no number: no limit
            found = min(found, int((folder / limit).read_text()))
    return int(found)


def available() -> int:
    """Bytes of memory that may still be taken without swapping: the container's, if that is less than the machine's.
    What the kernel caches of files counts as available, as it gives that up."""
    found = psutil.virtual_memory().available
    for folder, limit, used, cached in _control_groups():
        with contextlib.suppress(OSError, ValueError, KeyError):
            stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            taken = int((folder / used).read_text()) - int(stat[cached])
            found = min(found, int((folder / limit).read_text()) - taken)
    return max(0, int(found))


def _control_groups() -> Iterator[tuple[Path, str, str, str]]:
    """The groups that bound this process: the outermost that it sees, its own, and those between."""
    own = [PurePosixPath("/")]
    with contextlib.suppress(OSError):
        lines = (line.split(":", 2) for line in _OWN_GROUPS.read_text().splitlines())
        own += [PurePosixPath(path) for _, controllers, path in lines if controllers in ("", "memory")]
    seen = {str(path).lstrip("/") for group in own for path in (group, *group.parents)}
    for root, limit, used, cached in _CGROUPS:
        yield from ((root / path, limit, used, cached) for path in sorted(seen))


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(psutil.Process(os.getpid()).memory_info().rss)


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder: about what its weights take once loaded."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def keep_what_is_used() -> None:
    """Set up Python's and the system's memory for a process that serves; to be called before there are threads."""
    gc.set_threshold(GC_THRESHOLD_OBJECTS)
    keep_freed()


def keep_freed() -> None:
    """Have glibc keep what a model frees for its next call: it would give large arrays back at once, and each call
    would wait for the system to clear all their pages anew, which can take longer than to compute with them.

    Only in its one heap that may grow without bound, so all threads share that; to be called before there are others.
    """
    libc = _libc()
    free = min(KEPT_BYTES, total() // KEPT_SHARE)
    large = min(LARGE_BYTES, free // 2)
    if libc is not None:
        for option, value in ((_M_ARENA_MAX, 1), (_M_MMAP_THRESHOLD, large), (_M_TRIM_THRESHOLD, free)):
            libc.mallopt(option, value)


@contextlib.contextmanager
def lasting() -> Iterator[None]:
    """What is made inside, a library and its model, lasts: the garbage collector neither runs meanwhile nor looks at it
    again before `trim`. Each look at what torch alone imports stops the whole process for a fifth of a second."""
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()
        _trim()


def trim_after_burst() -> None:
    """Give back what many or large requests took: glibc keeps what lies between what is still used, however much."""
    gc.collect()  # errors and the frames that they hold refer to each other
    _trim()


def trim() -> None:
    """Give back to the system what is free: glibc and torch keep it otherwise, and the next model would not fit."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    _trim()
    release_gpu_memory()


def _trim() -> None:
    libc = _libc()
    if libc is not None:
        libc.malloc_trim(0)


def _libc() -> ctypes.CDLL | None:
    """glibc, where it is what this process uses."""
    with contextlib.suppress(OSError):
        return ctypes.CDLL("libc.so.6") if platform.libc_ver()[0] == "glibc" else None
    return None
