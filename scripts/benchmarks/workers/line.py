"""How a worker is asked: one line of JSON for each measurement, `load`, `clients` and `seconds`."""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path


def bodies(path: str) -> list[bytes]:
    """What is to be worked on."""
    return [base64.b64decode(one) for one in json.loads(Path(path).read_text())]


def answer(prepare: Callable[[str, int], Iterator[int]]) -> None:
    """Answer until the end of the input.

    `prepare(load, clients)` gives an iterator without end, each step of which does some work and tells how many inputs
    it was of.
    """
    _tell({"ready": True})
    for line in sys.stdin:
        asked = json.loads(line)
        steps = prepare(asked["load"], asked["clients"])
        count, took = 0, []
        began = before = time.perf_counter()
        while before - began < asked["seconds"]:
            count += next(steps)
            now = time.perf_counter()
            took.append((now - before) * 1000)
            before = now
        _tell({"count": count, "seconds": before - began, "took": took})


def _tell(told: dict[str, object]) -> None:
    print(json.dumps(told), flush=True)
