"""PNG: the chunks that make pixels, and of the others the EXIF, wherever a program put it."""

from __future__ import annotations

import binascii
import zlib
from struct import Struct

from .parts import Kept, Stripped

BEGINS = b"\x89PNG\r\n\x1a\n"
PIXELS = frozenset({b"tRNS"})
"""Chunks that change the pixels though decoders may skip them. Of an animation, the first image is that of all."""
XMP = b"XML:com.adobe.xmp"
RAW_EXIF = b"Raw profile type exif"  # as ImageMagick writes it: a line with its name, one with its length, and hex
MAX_TEXT_BYTES = 1 << 20  # that a compressed text is decompressed to
_HEADER = Struct(">L4s")


def strip(body: bytes) -> Stripped:
    """Raises UnsupportedMedia for a file of too many chunks."""
    kept = Kept(body)
    kept.add(0, len(BEGINS))
    exif, raw, xmp, at = b"", b"", b"", len(BEGINS)
    while at + 8 <= len(body):
        kept.count()
        length, kind = _HEADER.unpack_from(body, at)
        data, end = at + 8, at + 12 + length
        if kind[:1].isupper() or kind in PIXELS or not kind.isalpha():
            kept.add(at, min(end, len(body)))
        elif kind == b"eXIf":
            exif = body[data : data + length]
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            if body.startswith(XMP + b"\x00", data):
                xmp = _text(kind, body[data : data + length])
            elif body.startswith(RAW_EXIF + b"\x00", data):
                raw = _text(kind, body[data : data + length])
        if kind == b"IEND":
            break
        at = end
    return Stripped(kept.joined(), exif or _from_hex(raw), xmp)


def _text(kind: bytes, data: bytes) -> bytes:
    """What is after the keyword of a chunk of text; empty where it is broken, or too much once it is decompressed."""
    rest = data.partition(b"\x00")[2]
    compressed = kind == b"zTXt"
    if kind == b"iTXt":
        compressed = rest[:1] == b"\x01"
        rest = rest[2:].partition(b"\x00")[2].partition(b"\x00")[2]  # its language, and its keyword in that
    elif compressed:
        rest = rest[1:]
    if not compressed:
        return rest[:MAX_TEXT_BYTES]
    try:
        return zlib.decompressobj().decompress(rest, MAX_TEXT_BYTES)
    except zlib.error:
        return b""


def _from_hex(raw: bytes) -> bytes:
    try:
        return binascii.unhexlify(b"".join(raw.split(b"\n")[3:]))
    except binascii.Error:
        return b""
