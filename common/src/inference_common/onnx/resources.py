"""Whether an export in the background fits beside a server that answers."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .. import free_space, memory, threads
from ..units import MIB, limit_mib, needed_mib

BASE_BYTES = 600 * MIB  # of memory: the library, torch, its exporter and the runtime, before any weights
MEMORY_PER_WEIGHT = 5  # bytes of memory at the peak for each byte of the weights' files: several copies of them
DISK_PER_WEIGHT = 2  # bytes of disk for each: weights in half precision are exported in single precision
MIN_QUOTA = 2.0  # cores: below it, the export would use up time that requests need, in spite of its low priority
WEIGHTS = ("*.safetensors", "*.bin")


def weight_bytes(folder: Path) -> int:
    """Bytes of a model's weights: of one format, where its folder holds them in several."""
    return max(sum(file.stat().st_size for file in folder.rglob(pattern)) for pattern in WEIGHTS)


def shortage(weights: int, cache: Path) -> str | None:
    """Why weights of so many bytes cannot be exported into this folder in the background; None where they can."""
    if threads.quota() < MIN_QUOTA:
        return (
            f"the container's CPU quota is {threads.quota():g} cores, and an export beside requests takes {MIN_QUOTA:g}"
        )
    needed, available = BASE_BYTES + MEMORY_PER_WEIGHT * weights, memory.available()
    if needed > available:
        return f"an export takes about {needed_mib(needed)} of memory, and {limit_mib(available)} are available"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=cache):
            free = free_space.usage(cache).free
    except OSError as error:
        return f"nothing can be kept in {cache}: {error}"
    needed = DISK_PER_WEIGHT * weights
    if needed > free:
        return f"the exported file takes about {needed_mib(needed)}, and {limit_mib(free)} are free at {cache}"
    return None
