"""Popularity: whether a model stays in use, not merely was once."""

from __future__ import annotations

import time
from collections import deque

BUSY_SECONDS = 20  # different seconds in which a request came
WINDOW_SECONDS = 300  # in which those must lie


class Popularity:
    """Counts the seconds in which requests came; a burst of many within one second counts as one."""

    def __init__(self) -> None:
        self._seconds: deque[int] = deque(maxlen=BUSY_SECONDS)

    def count(self) -> bool:
        """One request; whether the model is popular now."""
        second = int(time.monotonic())
        if not self._seconds or self._seconds[-1] != second:
            self._seconds.append(second)
        return len(self._seconds) == BUSY_SECONDS and second - self._seconds[0] < WINDOW_SECONDS
