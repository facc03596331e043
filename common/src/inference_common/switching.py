"""ShortSwitchInterval: the event loop waits less for Python's lock while decoding threads hold it."""

from __future__ import annotations

import sys

# Seconds that the event loop waits for Python's lock at most, each time that it has let go of it to read or write: in
# Python's own 5 ms, four busy decoding threads leave it some 100 requests a second, /health too.
SHORT_SECONDS = 0.0005


class ShortSwitchInterval:
    """Sets Python's switch interval to SHORT_SECONDS while at least one of its `with` blocks is open, and then back.

    Not always: threads that take turns more often cost each small request some microseconds. For use in the event
    loop's thread only.
    """

    def __init__(self) -> None:
        self._open = 0
        self._usual = 0.0

    def __enter__(self) -> None:
        if not self._open:
            self._usual = sys.getswitchinterval()
            sys.setswitchinterval(SHORT_SECONDS)
        self._open += 1

    def __exit__(self, *raised: object) -> None:
        self._open -= 1
        if not self._open:
            sys.setswitchinterval(self._usual)
