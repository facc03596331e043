"""TIFF: the tags of its first image that make pixels."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from ...errors import UnsupportedMedia
from .parts import Stripped

PIXELS = frozenset(
    {*range(254, 260), 262, 263, 266, 273, 274, *range(277, 282), 284, 292, 293, *range(317, 326), 332, 334, 336}
    | {*range(338, 342), 347, *range(512, 522), *range(529, 533), 50674}
)
"""Tags of which the pixels are made: sizes, colours, strips and tiles, compressions, and how it is turned."""
XMP, MAX_XMP_BYTES = 700, 65_536
MAX_TAGS = 65_535
MAX_VALUES = 1 << 20  # of one tag that makes pixels: each strip of an image may be of one row, and each tile of many


@dataclass(frozen=True)
class Layout:
    """How numbers are written: in `order`, and wider where files may be larger than 4 GB."""

    order: str
    is_wide: bool

    @property
    def offset(self) -> Struct:
        """Where the first directory begins, and its bytes."""
        return Struct(f"{self.order}{'4xQ' if self.is_wide else 'L'}")

    @property
    def count(self) -> Struct:
        """How many entries a directory has."""
        return Struct(f"{self.order}{'Q' if self.is_wide else 'H'}")

    @property
    def entry(self) -> Struct:
        """A tag, its type, how many values it has, and them or where they are."""
        return Struct(f"{self.order}HH{'Q8s' if self.is_wide else 'L4s'}")

    @property
    def next(self) -> bytes:
        """That no other directory follows."""
        return bytes(8 if self.is_wide else 4)


LAYOUTS = {
    b"II*\x00": Layout("<", False),
    b"MM\x00*": Layout(">", False),
    b"II+\x00": Layout("<", True),
    b"MM\x00+": Layout(">", True),
}
"""By how a file begins."""


def strip(body: bytes) -> Stripped:
    """The first image alone; its directory is written anew where it was. Raises UnsupportedMedia for a broken one."""
    layout = LAYOUTS[body[:4]]
    if len(body) < 4 + layout.offset.size:
        return Stripped(body)
    (start,) = layout.offset.unpack_from(body, 4)
    first = start + layout.count.size
    if first > len(body):
        return Stripped(body)
    (count,) = layout.count.unpack_from(body, start)
    end = first + count * layout.entry.size
    if count > MAX_TAGS or end > len(body):
        return Stripped(body)
    entries = [body[at : at + layout.entry.size] for at in range(first, end, layout.entry.size)]
    kept = [entry for entry in entries if _makes_pixels(*layout.entry.unpack(entry)[:3])]
    if len(kept) == count and body[end : end + len(layout.next)] == layout.next:
        return Stripped(body)
    directory = b"".join([layout.count.pack(len(kept)), *kept, layout.next])
    whole = memoryview(body)
    return Stripped(b"".join([whole[:start], directory, whole[start + len(directory) :]]))


def _makes_pixels(tag: int, kind: int, values: int) -> bool:
    if tag in PIXELS and values > MAX_VALUES:
        raise UnsupportedMedia(f"The TIFF has a tag of more than {MAX_VALUES:,} values; send it as a PNG")
    return tag in PIXELS or (tag == XMP and values <= MAX_XMP_BYTES)
