"""JPEG: the segments that make pixels, and of the others what names the colours, and the EXIF and XMP."""

from __future__ import annotations

import re
from struct import Struct

from .parts import Kept, Stripped

BEGINS = b"\xff\xd8\xff"
SCAN, COMMENT, FIRST_APP, LAST_APP = 0xDA, 0xFE, 0xE0, 0xEF
ALONE = frozenset({0x01, *range(0xD0, 0xDA)})
"""Markers that no data follows."""
EXIF, XMP = b"Exif\x00\x00", b"http://ns.adobe.com/xap/1.0/\x00"
JFIF_BYTES, ADOBE_BYTES = 14, 12  # of a whole segment's data: a shorter one says nothing
_MARKER = re.compile(rb"\xff([^\xff])", re.DOTALL)
_LENGTH = Struct(">H")


def strip(body: bytes) -> Stripped:
    """Raises UnsupportedMedia for a file of too many segments."""
    kept = Kept(body)
    kept.add(0, 2)
    exif: list[bytes] = []
    xmp, at = b"", 2
    while found := _MARKER.search(body, at):  # whatever else is between segments is left out
        kept.count()
        marker, after = found[1][0], found.end()
        at = after
        if marker == SCAN:
            kept.add(after - 2, len(body))
            break
        if marker == 0:
            continue
        if marker not in ALONE:
            if after + 2 > len(body):
                break
            at = after + max(2, _LENGTH.unpack_from(body, after)[0])
        data = after + 2
        if marker == FIRST_APP + 1 and body.startswith(EXIF, data):
            exif.append(body[data + len(EXIF) : at])
        elif marker == FIRST_APP + 1 and body.startswith(XMP, data):
            xmp = body[data:at]
        elif _makes_pixels(body, marker, data, at):
            kept.add(after - 2, at)
    return Stripped(kept.joined(), b"".join(exif), xmp)


def _makes_pixels(body: bytes, marker: int, data: int, end: int) -> bool:
    """Whether a segment is needed: all but comments and applications' own, of which two tell the colours."""
    if marker == FIRST_APP:
        return body.startswith(b"JFIF", data) and end - data >= JFIF_BYTES
    if marker == LAST_APP - 1:
        return body.startswith(b"Adobe", data) and end - data >= ADOBE_BYTES
    return marker != COMMENT and not FIRST_APP <= marker <= LAST_APP
