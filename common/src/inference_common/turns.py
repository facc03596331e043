"""Turns: what waits, by caller, so that one caller's many inputs do not stand before another's single one."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator, Sequence
from itertools import chain, zip_longest
from typing import Generic, TypeVar

from starlette.requests import Request

Caller = Hashable
"""Whoever shares with other callers: see `caller_of`."""
T = TypeVar("T")
RESERVE = 4  # a part of MAX_QUEUE, one in so many, that is there for callers who wait for little


def caller_of(request: Request) -> Caller:
    """The caller of a request: whoever sends the same API token, else the same connection. A peer's address alone would
    make one caller of all that come through a proxy."""
    token = request.headers.get("authorization")
    return request.scope.get("client") if token is None else hash(token)  # of a token no copy is kept


def has_room(waiting: int, count: int, most: int, *, is_little: bool) -> bool:
    """Whether a queue that holds `most` takes `count` more; of a caller who waits for little, also where others fill
    it, as there is a reserve for such."""
    return waiting + count <= (most + most // RESERVE if is_little else most)


class Turns(Generic[T]):
    """Round robin over callers; of one caller, first come, first served. Callers who wait for one thing each are served
    in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Caller, deque[T]] = OrderedDict()  # whoever's turn is next stands first
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, caller: Caller, items: Sequence[T]) -> None:
        """More of one caller's, behind what it has waiting; a caller that had nothing waiting is the last."""
        waiting = self._waiting.get(caller)
        if waiting is None:
            waiting = self._waiting[caller] = deque()
        waiting.extend(items)
        self._count += len(items)

    def put_back(self, caller: Caller, items: Sequence[T]) -> None:
        """What one caller had before all that it has waiting."""
        self.add(caller, ())
        self._waiting[caller].extendleft(reversed(items))
        self._count += len(items)

    def first(self) -> T | None:
        """The first of whoever's turn it is; None where nothing waits."""
        return next(iter(self._waiting.values()))[0] if self._waiting else None

    def in_turn(self) -> Iterator[T]:
        """The first of each caller in turn, then the second of each, and so on."""
        if len(self._waiting) == 1:
            return iter(next(iter(self._waiting.values())))
        rounds = zip_longest(*self._waiting.values())
        return (item for item in chain.from_iterable(rounds) if item is not None)

    def served(self, caller: Caller) -> None:
        """This caller had its turn: it is the last now."""
        if caller in self._waiting:
            self._waiting.move_to_end(caller)

    def remove(self, caller: Caller, item: T) -> bool:
        """One leaves; whether it was still there."""
        waiting = self._waiting.get(caller)
        if waiting is None or item not in waiting:
            return False
        self._count -= 1
        if len(waiting) == 1:
            del self._waiting[caller]
        else:
            waiting.remove(item)
        return True

    def counts(self) -> Iterator[tuple[Caller, int]]:
        """How many each caller has waiting."""
        return ((caller, len(waiting)) for caller, waiting in self._waiting.items())

    def count(self, caller: Caller) -> int:
        """How many this caller has waiting."""
        return len(self._waiting.get(caller, ()))
