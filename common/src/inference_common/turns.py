"""Turns: a fair queue, so that one caller's many inputs do not delay another's single one."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator, Sequence
from itertools import chain, islice, zip_longest
from typing import Generic, TypeVar

from starlette.requests import Request

Caller = Hashable
"""Whoever shares with other callers: see `caller_of`."""
T = TypeVar("T")
RESERVED_PART = 4  # a reserve for callers who wait for little: MAX_QUEUE divided by this, beyond MAX_QUEUE


def caller_of(request: Request) -> Caller:
    """The caller of a request: whoever sends the same API token, else the same connection. A peer's address alone would
    make one caller of all that come through a proxy."""
    token = request.headers.get("authorization")
    return request.scope.get("client") if token is None else hash(token)  # of a token no copy is kept


def has_room(waiting: int, count: int, most: int, *, is_little: bool) -> bool:
    """Whether a queue of `most` items, of which `waiting` are taken, takes `count` more. For a caller who waits for
    little (`is_little`), the reserve counts too."""
    return waiting + count <= (most + most // RESERVED_PART if is_little else most)


class Turns(Generic[T]):
    """Round robin over callers; of one caller, first come, first served. Callers who wait for one thing each are served
    in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Caller, deque[T]] = OrderedDict()  # whoever's turn is next stands first
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, caller: Caller, items: Sequence[T]) -> None:
        """Items of one caller, behind what it has waiting; one that had nothing waiting goes to the end."""
        waiting = self._waiting.get(caller)
        if waiting is None:
            waiting = self._waiting[caller] = deque()
        waiting.extend(items)
        self._count += len(items)

    def put_back(self, caller: Caller, items: Sequence[T]) -> None:
        """Items of one caller, to the front of what it has waiting."""
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
        return self._rounds()

    def _rounds(self) -> Iterator[T]:
        """As far as it is read: of thousands of callers, mostly the first few are."""
        for waiting in self._waiting.values():
            yield waiting[0]
        later = [islice(waiting, 1, None) for waiting in self._waiting.values() if len(waiting) > 1]
        yield from (item for item in chain.from_iterable(zip_longest(*later)) if item is not None)

    def served(self, caller: Caller) -> None:
        """This caller had its turn: it goes to the end of the order."""
        if caller in self._waiting:
            self._waiting.move_to_end(caller)

    def remove(self, caller: Caller, item: T) -> bool:
        """Remove an item; whether it was still there."""
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
