"""How an image is turned, as its EXIF or its XMP says."""

from __future__ import annotations

import re
from struct import Struct

HEADERS = {b"II*\x00": "<", b"MM\x00*": ">"}
ORIENTATION = 0x0112
VALUES = {1: "B", 3: "H", 4: "L"}
"""Types of EXIF that are one whole number, by how each is unpacked."""
ENTRY_BYTES = 12
_PREFIX = re.compile(rb"(?:Exif\x00\x00){0,2}")
_XMP = re.compile(rb"tiff:Orientation(?:=\"|>)([0-9])")


def orientation(exif: bytes, xmp: bytes = b"") -> int:
    """The orientation that EXIF names, else that of XMP, 1 to 8; 1 (upright) where neither names any."""
    found = _of_exif(exif)
    if found is None and (match := _XMP.search(xmp)):
        found = int(match[1])
    return found if found is not None and 1 <= found <= 8 else 1


def _of_exif(exif: bytes) -> int | None:
    """Of the first directory, of which nothing else is looked at: neither what it holds nor where it points."""
    prefix = _PREFIX.match(exif)
    begin = prefix.end() if prefix else 0
    order = HEADERS.get(exif[begin : begin + 4])
    if order is None or len(exif) < begin + 8:
        return None
    start = begin + Struct(f"{order}L").unpack_from(exif, begin + 4)[0]
    if start + 2 > len(exif):
        return None
    (count,) = Struct(f"{order}H").unpack_from(exif, start)
    entry = Struct(f"{order}HHL")
    for at in range(start + 2, min(start + 2 + count * ENTRY_BYTES, len(exif) - ENTRY_BYTES + 1), ENTRY_BYTES):
        tag, kind, values = entry.unpack_from(exif, at)
        if tag == ORIENTATION and kind in VALUES and values == 1:
            return int(Struct(f"{order}{VALUES[kind]}").unpack_from(exif, at + 8)[0])
    return None
