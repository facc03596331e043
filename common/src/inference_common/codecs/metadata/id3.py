"""ID3 tags in sounds and films: texts and pictures of any size, compressed or not, and no sound."""

from __future__ import annotations

import re
from struct import Struct

from ... import account
from ...errors import UnsupportedMedia

HEADER_BYTES, FRAME_BYTES = 10, 10
EXTENDED, FOOTER = 0x40, 0x10  # flags of a tag: more follows its header, which is not looked at; as much ends it
COMPRESSED = {3: 0x80, 4: 0x08}
"""The flag of a frame that is compressed, by the version of its tag; older ones have none."""
MAX_TAGS, MAX_FRAMES = 1_000, 100_000  # that are looked at in a file
_TAG = re.compile(rb"ID3([\x02-\x04])[\x00-\xfe](.)([\x00-\x7f]{4})", re.DOTALL)
_FRAME = Struct(">4sLxB")
_NO_TAG = b"XD3"


def without_id3(body: bytes) -> bytes:
    """A file without the tags that it begins with, and in which no other tag that is compressed is known as one.

    The memory of a copy is held for the current request. Raises UnsupportedMedia for a file of countless tags.
    """
    start = _after_first(body)
    spoiled = _compressed(body, start) if body.find(b"ID3", start) >= 0 else []
    if not start and not spoiled:
        return body
    account.take(len(body))
    if not spoiled:
        return body[start:]
    changed = bytearray(body)
    for at in spoiled:
        changed[at : at + len(_NO_TAG)] = _NO_TAG
    return bytes(changed[start:])


def _after_first(body: bytes) -> int:
    """Where the tags at the beginning end; 0 for one that tells of more than there is."""
    at = 0
    for _ in range(MAX_TAGS):
        found = _TAG.match(body, at)
        if found is None:
            return at if at < len(body) else 0
        has_footer = found[2][0] & FOOTER
        at += HEADER_BYTES + _seven_bits(found[3]) + (HEADER_BYTES if has_footer else 0)
    raise _countless()


def _compressed(body: bytes, start: int) -> list[int]:
    """Where tags begin that hold a compressed frame."""
    places, left = [], MAX_FRAMES
    for count, found in enumerate(_TAG.finditer(body, start)):
        if count == MAX_TAGS:
            raise _countless()
        version, end = found[1][0], found.end() + _seven_bits(found[3])
        at = found.end()
        if found[2][0] & EXTENDED:
            places.append(found.start())
            continue
        while version in COMPRESSED and at + FRAME_BYTES <= min(end, len(body)):
            name, size, flags = _FRAME.unpack_from(body, at)
            if not name[0]:
                break
            if flags & COMPRESSED[version]:
                places.append(found.start())
                break
            left -= 1
            if not left:
                raise _countless()
            at += FRAME_BYTES + (_seven_bits(body[at + 4 : at + 8]) if version == max(COMPRESSED) else size)
    return places


def _seven_bits(digits: bytes) -> int:
    """A number of which each byte holds seven bits."""
    value = 0
    for digit in digits:
        value = value << 7 | digit & 0x7F
    return value


def _countless() -> UnsupportedMedia:
    return UnsupportedMedia(f"The file has more than {MAX_TAGS:,} ID3 tags, or parts in them; send it without")
