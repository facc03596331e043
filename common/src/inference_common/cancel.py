"""Cancellation: how a pipeline learns, in the middle of a call, that nobody waits for its answer any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_left: ContextVar[Callable[[], bool]] = ContextVar("left", default=lambda: False)
_between: ContextVar[Callable[[], None]] = ContextVar("between", default=lambda: None)


class Abandoned(BaseException):
    """Ends a call that nobody waits for. Like asyncio.CancelledError no Exception, so that no library catches it."""


def abandoned() -> bool:
    """Whether every caller of the running call has left, or has waited for too long."""
    return _left.get()()


def checkpoint() -> None:
    """To be called between the steps of a call that may take long. Raises Abandoned, which a pipeline lets pass, once
    every caller of the call has left. After a call has run for a second, calls of other callers may come in between, on
    the same thread: what a step leaves behind in the pipeline must not be what the next one relies on."""
    if abandoned():
        raise Abandoned
    _between.get()()


@contextmanager
def watched(left: Callable[[], bool], between: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Make `abandoned` answer `left()` inside, and `checkpoint` call `between()`."""
    tokens = _left.set(left), _between.set(between)
    try:
        yield
    finally:
        _left.reset(tokens[0])
        _between.reset(tokens[1])
