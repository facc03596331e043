"""Residency: which of several things stay within a budget of bytes. The least recently used goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Residency(Generic[T]):
    """Things by identity, each with its size in bytes; pure bookkeeping, no thing is ever closed here."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._things: OrderedDict[int, tuple[T, int]] = OrderedDict()

    @property
    def bytes(self) -> int:
        """What all of them take."""
        return sum(size for _, size in self._things.values())

    def size(self, thing: T) -> int:
        """What one of them takes; 0 where it has left."""
        return self._things[id(thing)][1] if id(thing) in self._things else 0

    def oldest_first(self) -> Sequence[T]:
        """All of them, by when they were last used."""
        return [thing for thing, _ in self._things.values()]

    def add(self, thing: T, size: int = 0) -> None:
        """A new one, just used; its size may be told later, by make_room."""
        self._things[id(thing)] = (thing, size)

    def touch(self, thing: T) -> None:
        """It is used now."""
        self._things.move_to_end(id(thing))

    def resize(self, thing: T, size: int) -> None:
        """Its size is known better now; nothing happens if it has left."""
        if id(thing) in self._things:
            self._things[id(thing)] = (thing, size)

    def remove(self, thing: T) -> None:
        """It leaves; nothing happens if it has left."""
        self._things.pop(id(thing), None)

    def make_room(self, thing: T, size: int, is_free: Callable[[T], bool]) -> Sequence[T] | None:
        """Give `thing` its size, and remove the oldest free ones until all fit.

        Returns those removed; or None, with nothing changed, where even all free ones would not make room.
        """
        others = [(other, taken) for other, taken in self._things.values() if other is not thing]
        excess = sum(taken for _, taken in others) + size - self._budget
        gone: list[T] = []
        for other, taken in others:
            if excess <= 0:
                break
            if taken and is_free(other):
                gone.append(other)
                excess -= taken
        if excess > 0:
            return None
        for other in gone:
            self.remove(other)
        self.resize(thing, size)
        return gone
