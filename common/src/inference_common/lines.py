"""LineWriter: log lines to standard error."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import deque


class LineWriter:
    """Writes lines to standard error: at once, or together with the others of one turn of the event loop.

    A system call for each request's line, during which other threads take the interpreter, costs more than to make it.
    """

    def __init__(self) -> None:
        self._deferred: deque[str] = deque()
        self._lock = threading.Lock()

    def defer(self, line: str) -> None:
        """Write the line after this turn of the running event loop, or before the next line that `write` is given."""
        if not self._deferred:
            asyncio.get_running_loop().call_soon(self.write)
        self._deferred.append(line)

    def write(self, *lines: str) -> None:
        """Write the deferred lines, and then these, at once."""
        with self._lock:
            deferred = [self._deferred.popleft() for _ in range(len(self._deferred))]
            if deferred or lines:
                sys.stderr.write("".join(f"{line}\n" for line in (*deferred, *lines)))
                sys.stderr.flush()
