"""The one way from an image file to the same without its metadata."""

from __future__ import annotations

from collections.abc import Callable

from . import avif, gif, jpeg, png, tiff
from .parts import Stripped

READERS: tuple[tuple[int, tuple[bytes, ...], Callable[[bytes], Stripped]], ...] = (
    (0, (jpeg.BEGINS,), jpeg.strip),
    (0, (png.BEGINS,), png.strip),
    (0, gif.BEGINS, gif.strip),
    (0, tuple(tiff.LAYOUTS), tiff.strip),
    (4, (avif.BEGINS,), avif.strip),
)
"""By where in a file and by what its format is known. Of the others, BMP has no metadata, and WebP's are not read."""


def strip(body: bytes) -> Stripped:
    """An image file without its metadata; what is of another format, or broken, as far as it can be read.

    Raises UnsupportedMedia for what has too many parts to be looked at.
    """
    for at, beginnings, reader in READERS:
        if body.startswith(beginnings, at):
            return reader(body)
    return Stripped(body)
