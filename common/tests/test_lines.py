import asyncio
import io
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from inference_common.lines import LineWriter


class Written(io.StringIO):
    """A standard error that keeps what each call writes."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def write(self, text: str) -> int:
        self.calls.append(text)
        return len(text)


def play(monkeypatch: pytest.MonkeyPatch, scenario: Callable[[LineWriter], Coroutine[Any, Any, None]]) -> list[str]:
    """What standard error is given, call by call."""
    written = Written()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", written)
        asyncio.run(scenario(LineWriter()))
    return written.calls


def test_the_lines_of_one_turn_are_written_together_and_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(writer: LineWriter) -> None:
        writer.defer("a")
        writer.defer("b")
        await asyncio.sleep(0)
        writer.defer("c")
        await asyncio.sleep(0)

    assert play(monkeypatch, scenario) == ["a\nb\n", "c\n"]


def test_a_line_that_is_written_at_once_comes_after_those_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(writer: LineWriter) -> None:
        writer.defer("a")
        thread = threading.Thread(target=writer.write, args=["b"])
        thread.start()
        thread.join()

    assert play(monkeypatch, scenario) == ["a\nb\n"]
