"""What servers of this kind have got wrong before, each held off by a test that is marked with its number."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from scripts.images import ROOT

DEFECTS = {
    1: "a model at work blocked the event loop: a GET waited for three POSTs of 3 s",
    2: "each request added a log handler, and none was ever removed",
    3: "health was always ok, failed loads were swallowed, and each request tried the load anew",
    4: "NaN, NumPy's numbers and RGBA images became a text/plain 500",
    5: "at log level debug the model ran twice",
    6: "a task was known in one table and not in another",
    7: "a failure inside the model was answered as the caller's fault",
    8: "audio cost a process a request, without a time-out; m4a and aac were a 500, float64 came out twice as long",
    9: "a body that was the path of a file read that file",
    10: "a PNG of 164 kB took 644 MiB",
    11: "nothing bounded bodies, pixels, queue or tokens",
    12: "the model was read from its file at each request",
    13: "a parameter of one request changed the model for the next one",
    14: "a model's repository chose what was installed and run",
    15: "images ran as root",
    16: "a build that failed was reported as done",
    17: "- and _ in a library's name were two libraries",
    18: "the contract's tests took 200 and 400 for the same thing",
}


@pytest.mark.parametrize("number", DEFECTS)
def test_each_has_its_test(number: int) -> None:
    assert number in set(marked())


def marked() -> Iterator[int]:
    for folder in ("tests", "common/tests"):
        for file in sorted((ROOT / folder).rglob("test_*.py")):
            text = file.read_text(encoding="utf-8")
            yield from map(int, re.findall(r"^@pytest\.mark\.defect\((\d+)\)$", text, re.MULTILINE))
