"""What is common to the readers of each format: parts of a file that are kept, and the metadata that is read."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import UnsupportedMedia

MAX_PARTS = 100_000  # of a file: ten times those of a photo that is full of metadata


@dataclass(frozen=True)
class Stripped:
    """An image file without its metadata; of that, the EXIF and XMP, where they were found and are not in the file."""

    body: bytes
    exif: bytes = b""
    xmp: bytes = b""


class Kept:
    """The parts of a file that stay, in order; neighbours are joined, so that a file that stays whole is not copied."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._ranges: list[tuple[int, int]] = []
        self._parts = 0

    def add(self, start: int, end: int) -> None:
        """Keep bytes of the file."""
        if self._ranges and self._ranges[-1][1] == start:
            start = self._ranges.pop()[0]
        self._ranges.append((start, end))

    def count(self) -> None:
        """One more part was looked at. Raises UnsupportedMedia for a file of too many."""
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise UnsupportedMedia(f"The image file has more than {MAX_PARTS:,} parts; send it without its metadata")

    def joined(self) -> bytes:
        """What is kept, as one file."""
        if self._ranges == [(0, len(self._body))]:
            return self._body
        whole = memoryview(self._body)
        return b"".join(whole[start:end] for start, end in self._ranges)
