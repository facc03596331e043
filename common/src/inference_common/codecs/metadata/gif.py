"""GIF: what comes before the first image, but for comments and applications' own."""

from __future__ import annotations

import re

from ...errors import UnsupportedMedia
from .parts import Kept, Stripped

BEGINS = (b"GIF87a", b"GIF89a")
HEADER_BYTES = 13  # with the screen's description
CONTROL = 0xF9  # the extension that says what is transparent
MAX_BLOCKS = 1_000_000  # of 255 bytes at most
_BLOCK = re.compile(rb"[!,;]")


def strip(body: bytes) -> Stripped:
    """Raises UnsupportedMedia for a file of too many blocks."""
    if len(body) < HEADER_BYTES:
        return Stripped(body)
    kept = Kept(body)
    has_palette, size = body[10] & 0x80, body[10] & 0x07
    at = HEADER_BYTES + (3 * (2 << size) if has_palette else 0)
    kept.add(0, min(at, len(body)))
    while found := _BLOCK.search(body, at):  # whatever else is between blocks is left out
        kept.count()
        start = found.start()
        if body[start : start + 1] != b"!":
            kept.add(start, len(body))
            break
        at = _after_blocks(body, start + 2)
        if body[start + 1 : start + 2] == bytes([CONTROL]):
            kept.add(start, at)
    return Stripped(kept.joined())


def _after_blocks(body: bytes, at: int) -> int:
    """Where the blocks of an extension end: each begins with its length, and the last is of none."""
    for _ in range(MAX_BLOCKS):
        if at >= len(body):
            return len(body)
        length = body[at]
        at += 1 + length
        if not length:
            return at
    raise UnsupportedMedia(f"The GIF has a comment of more than {MAX_BLOCKS:,} blocks; send it without")
