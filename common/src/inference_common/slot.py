"""Slot: what one process holds of a budget that several processes have, in a file that all of them map.

Each writes its own slot and reads those of the others: no message goes round, no lock is shared, and one that is killed
leaves nothing behind but its slot.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass, field
from pathlib import Path

SLOT_BYTES = 8  # a number; one that is aligned is written and read as a whole
COUNT_PLACE, FIRST_PLACE = 0, 1  # in the file: the last place that was ever used, and the first slot


@dataclass
class Slot:
    """What one process holds. `is_behind`: whether the library server holds the body of each of its requests, too."""

    path: Path
    place: int
    is_behind: bool = False
    _numbers: memoryview | None = field(default=None, compare=False)

    @property
    def numbers(self) -> memoryview:
        """How many slots there are, and what each holds. Raises OSError as the file is first opened."""
        if self._numbers is None:
            with self.path.open("r+b") as file:
                self._numbers = memoryview(mmap.mmap(file.fileno(), 0)).cast("q")
        return self._numbers

    def write(self, held: int) -> None:
        """This process holds so many bytes."""
        self.numbers[self.place] = held

    def all(self) -> int:
        """Bytes that all processes hold."""
        numbers = self.numbers
        return sum(numbers[FIRST_PLACE : max(FIRST_PLACE, numbers[COUNT_PLACE]) + 1])
