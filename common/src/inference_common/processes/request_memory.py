"""RequestMemory: what the requests of a library server and of its models' processes hold, counted as one.

Each process has a slot, which is cleared once that process has ended.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from ..errors import Overloaded
from ..slot import COUNT_PLACE, FIRST_PLACE, SLOT_BYTES, Slot

MAX_SLOTS = 4096  # processes at a time


class RequestMemory:
    """Gives each process of a library server its slot. Not thread-safe."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="inference-")
        path = Path(self._folder.name) / "requests"
        path.write_bytes(bytes(SLOT_BYTES * (MAX_SLOTS + FIRST_PLACE)))
        self._taken: set[int] = set()
        self.own = Slot(path, self._next())

    def slot(self) -> Slot:
        """A slot for a process that starts. Raises Overloaded where none is left."""
        return Slot(self.own.path, self._next(), is_behind=True)

    def free(self, slot: Slot) -> None:
        """Clear the slot of a process that has ended, for another."""
        self.own.numbers[slot.place] = 0
        self._taken.discard(slot.place)

    def close(self) -> None:
        """Remove the file; what is mapped stays so."""
        self._folder.cleanup()

    def _next(self) -> int:
        place = next((n for n in range(FIRST_PLACE, MAX_SLOTS + FIRST_PLACE) if n not in self._taken), None)
        if place is None:
            raise Overloaded("Too many models are loaded; try again later", retry_after=60)
        self._taken.add(place)
        if place > FIRST_PLACE:
            self.own.numbers[COUNT_PLACE] = max(self.own.numbers[COUNT_PLACE], place)
        return place
