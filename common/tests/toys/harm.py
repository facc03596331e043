"""What a model may do to its process."""

from __future__ import annotations

import ctypes
import os
import re
import time


def harm(how: str) -> None:
    """`exit`, `crash`, `take` memory without end, `wait` for ever, or `hang` with the interpreter's lock held; whatever
    else it is, nothing happens."""
    if how == "exit":
        os._exit(7)
    if how == "crash":
        ctypes.string_at(0)
    if how == "take":
        taken = []
        while True:
            taken.append(b"x" * 2**24)
            time.sleep(0.01)
    if how == "wait":
        time.sleep(3600)
    if how == "hang":
        re.match(r"(a+)+$", "a" * 64 + "b")
