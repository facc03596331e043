"""Sizes in MiB, as settings and messages have them."""

from __future__ import annotations

MIB = 2**20


def needed_mib(count: int) -> str:
    """What needs so many bytes, rounded up: `1,234 MiB`."""
    return f"{-(-count // MIB):,} MiB"


def limit_mib(count: int) -> str:
    """What may take so many bytes, rounded down: `1,234 MiB`."""
    return f"{count // MIB:,} MiB"
