"""AVIF: its EXIF is under a name that decoders do not know. How it is turned, its pictures' own properties say."""

from __future__ import annotations

import re

from .parts import Stripped

BEGINS = b"ftyp"
_EXIF_ITEM = re.compile(rb"(infe\x02.{3}.{4}|infe\x03.{3}.{6})Exif", re.DOTALL)


def strip(body: bytes) -> Stripped:
    """As of every format."""
    return Stripped(_EXIF_ITEM.sub(rb"\1none", body) if b"Exif" in body else body)
