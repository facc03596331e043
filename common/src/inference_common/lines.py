"""LineWriter: log lines to standard error, for which nobody waits."""

from __future__ import annotations

import contextlib
import io
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from queue import SimpleQueue
from typing import TextIO

import structlog

MAX_WAITING_CHARACTERS = 4 * 2**20  # of lines that are not written yet: more are dropped, and counted
GATHER_SECONDS = 0.05  # in which lines come together, to be written at once
_FLUSH_LOOK_SECONDS = 0.001


class LineWriter:
    """Writes lines to standard error from a thread of its own.

    Where nobody reads standard error, its pipe fills, and a write waits without end: then only this thread does. That
    costs less than writing them at once: a system call for each line, during which other threads take the interpreter,
    takes longer than to make it.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream
        """Where the lines go; None for what `sys.stderr` is as they are written."""
        self._reset()

    def _reset(self) -> None:
        self._lines: deque[str] = deque()
        self._size = self._dropped = 0
        self._lock = threading.RLock()  # a warning may be printed while one is, as objects are collected
        self._is_awake = False  # whether the thread will look at the lines again before it sleeps
        self._thread: threading.Thread | None = None
        self._wakes: SimpleQueue[None] = SimpleQueue()
        self._hurry = threading.Event()

    def write(self, line: str) -> None:
        """Write a line, soon."""
        self.write_text(f"{line}\n")

    def write_text(self, text: str) -> None:
        """Write text as it is, soon."""
        with self._lock:
            if self._size + len(text) > MAX_WAITING_CHARACTERS:
                self._dropped += 1
                return
            self._lines.append(text)
            self._size += len(text)
            if self._is_awake:
                return
            self._is_awake = self._has_thread()
            if self._is_awake:
                self._wakes.put(None)

    def flush(self, seconds: float) -> None:
        """Wait until all that was given is written, or so many seconds."""
        end = time.monotonic() + seconds
        if self._lines:
            self.write_text("")  # with the thread that could not be made before
        self._hurry.set()
        while self._is_awake and time.monotonic() < end:
            time.sleep(_FLUSH_LOOK_SECONDS)
        self._hurry.clear()

    def after_fork(self) -> None:
        """Begin anew in a child process, which has no thread of its parent, whose lines they are."""
        self._reset()

    def _has_thread(self) -> bool:
        if self._thread is None:
            thread = threading.Thread(target=self._run, name="log", daemon=True)
            with contextlib.suppress(RuntimeError):  # no thread can be made now: perhaps with the next line
                thread.start()
                self._thread = thread
        return self._thread is not None

    def _run(self) -> None:
        while True:
            self._wakes.get()
            self._hurry.wait(GATHER_SECONDS)
            for text, dropped in self._texts():
                with contextlib.suppress(OSError, ValueError):  # its reader has gone, or it was closed
                    stream = self.stream or sys.stderr
                    stream.write(text)
                    stream.flush()
                if dropped:
                    structlog.get_logger("log").warning("lines dropped, as standard error was not read", count=dropped)
                self._hurry.wait(GATHER_SECONDS)

    def _texts(self) -> Iterator[tuple[str, int]]:
        """What there is to write, and how many lines were dropped before it, until there is nothing."""
        while True:
            with self._lock:
                text, dropped = "".join(self._lines), self._dropped
                self._lines.clear()
                self._size = self._dropped = 0
                if not text and not dropped:
                    self._is_awake = False
                    return
            yield text, dropped


class LineStream(io.TextIOBase):
    """Standard error by a LineWriter: for what is printed to it, as tracebacks, warnings and progress bars are."""

    def __init__(self, writer: LineWriter, stream: TextIO) -> None:
        self._writer, self._stream = writer, stream

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a property here
        return self._stream.encoding

    def write(self, text: str, /) -> int:
        self._writer.write_text(text)
        return len(text)

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    def writable(self) -> bool:
        return True
