"""Cancellation: how a pipeline learns, in the middle of a call, that nobody waits for its answer any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_left: ContextVar[Callable[[], bool]] = ContextVar("left", default=lambda: False)


def abandoned() -> bool:
    """Whether every caller of the running call has left.

    A pipeline whose calls take long asks between its steps, and returns anything at once where it is true.
    """
    return _left.get()()


@contextmanager
def watched(left: Callable[[], bool]) -> Iterator[None]:
    """Make `abandoned` answer `left()` inside."""
    token = _left.set(left)
    try:
        yield
    finally:
        _left.reset(token)
