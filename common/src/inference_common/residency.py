"""Residency: which of several things stay within a budget of memory. The least recently used goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Memory:
    """Bytes of each kind of memory; in a difference, fewer than none are too few."""

    host: int = 0
    gpu: int = 0

    def __add__(self, other: Memory) -> Memory:
        return Memory(self.host + other.host, self.gpu + other.gpu)

    def __sub__(self, other: Memory) -> Memory:
        return Memory(self.host - other.host, self.gpu - other.gpu)

    def fits(self, budget: Memory) -> bool:
        """Whether no kind is more than the budget has."""
        return self.host <= budget.host and self.gpu <= budget.gpu


NONE = Memory()


class Residency(Generic[T]):
    """Things by identity, each with its size; pure bookkeeping, no thing is ever closed here. The `budget` may change:
    how much memory a GPU has is known once torch is imported."""

    def __init__(self, budget: Memory) -> None:
        self.budget = budget
        self._things: OrderedDict[int, tuple[T, Memory]] = OrderedDict()

    @property
    def size(self) -> Memory:
        """What all of them take."""
        return sum((size for _, size in self._things.values()), NONE)

    def size_of(self, thing: T) -> Memory:
        """What one of them takes; nothing where it has left."""
        return self._things[id(thing)][1] if id(thing) in self._things else NONE

    def oldest_first(self) -> Sequence[T]:
        """All of them, by when they were last used."""
        return [thing for thing, _ in self._things.values()]

    def add(self, thing: T, size: Memory = NONE) -> None:
        """A new one, just used; its size may be told later, by make_room."""
        self._things[id(thing)] = (thing, size)

    def touch(self, thing: T) -> None:
        """It is used now."""
        self._things.move_to_end(id(thing))

    def resize(self, thing: T, size: Memory) -> None:
        """Its size is known better now; nothing happens if it has left."""
        if id(thing) in self._things:
            self._things[id(thing)] = (thing, size)

    def remove(self, thing: T) -> None:
        """It leaves; nothing happens if it has left."""
        self._things.pop(id(thing), None)

    def make_room(self, thing: T, size: Memory, is_free: Callable[[T], bool]) -> Sequence[T] | None:
        """Give `thing` its size, and remove the oldest free ones until all fit.

        Returns those removed; or None, with nothing changed, where even all free ones would not make room.
        """
        others = [(other, taken) for other, taken in self._things.values() if other is not thing]
        needed = sum((taken for _, taken in others), size)
        gone: list[T] = []
        for other, taken in others:
            excess = needed - self.budget
            helps = (excess.host > 0 and taken.host > 0) or (excess.gpu > 0 and taken.gpu > 0)
            if helps and is_free(other):
                gone.append(other)
                needed -= taken
        if not needed.fits(self.budget):
            return None
        for other in gone:
            self.remove(other)
        self.resize(thing, size)
        return gone
