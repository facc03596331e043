import io
import os
import sys
import threading
from collections.abc import Iterator

import pytest
from inference_common.lines import MAX_WAITING_CHARACTERS, LineStream, LineWriter
from toys.waiting import until


class Written(io.StringIO):
    """A standard error that keeps what each call writes, and takes none while it is held."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.is_free = threading.Event()
        self.is_free.set()

    def write(self, text: str) -> int:
        self.is_free.wait(10)
        self.calls.append(text)
        return len(text)


@pytest.fixture
def written() -> Iterator[Written]:
    stream = Written()
    yield stream
    stream.is_free.set()


def test_lines_are_written_together_and_in_order(written: Written) -> None:
    writer = LineWriter(written)
    writer.write("a")
    thread = threading.Thread(target=writer.write, args=["b"])
    thread.start()
    thread.join()
    writer.flush(5)
    assert "".join(written.calls) == "a\nb\n"
    assert len(written.calls) <= 2
    writer.write("c")
    writer.flush(5)
    assert written.calls[-1] == "c\n"


def test_lines_go_to_what_standard_error_is_as_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Written()
    writer = LineWriter()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        writer.write("a")
        writer.flush(5)
    assert stream.calls == ["a\n"]


def test_a_reader_that_stops_holds_nobody_and_lines_past_the_limit_are_counted(
    written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = LineWriter(written)
    written.is_free.clear()
    writer.write("first")
    until(lambda: writer._size == 0)
    for _ in range(3):
        writer.write("x" * (MAX_WAITING_CHARACTERS // 2 - 1))
    writer.flush(0.01)
    assert written.calls == []
    written.is_free.set()
    writer.flush(5)
    assert [len(call) for call in written.calls] == [6, MAX_WAITING_CHARACTERS]
    assert "count=1" in capsys.readouterr().out  # of structlog, as it is before logs are configured


def test_a_reader_that_has_gone_ends_no_thread(written: Written) -> None:
    class Gone(Written):
        def write(self, text: str) -> int:
            if text == "a\n":
                raise BrokenPipeError
            return super().write(text)

    stream = Gone()
    writer = LineWriter(stream)
    for line in ("a", "b"):
        writer.write(line)
        writer.flush(5)
    assert stream.calls == ["b\n"]


def no_thread(self: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_lines_wait_for_a_thread_that_cannot_be_made(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = LineWriter(written)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no_thread)
        writer.write("a")
    writer.flush(5)
    assert written.calls == ["a\n"]


def test_a_forked_process_writes_its_own_lines_only(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = LineWriter(written)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no_thread)
        writer.write("parent's")
    writer.after_fork()
    writer.write("child's")
    writer.flush(5)
    assert written.calls == ["child's\n"]


def test_what_is_printed_is_written_as_it_is(written: Written) -> None:
    writer = LineWriter(written)
    with open(os.devnull, "w", encoding="utf-8") as null:
        stream = LineStream(writer, null)
        print("a", 1, file=stream)
        print("b", end="", file=stream, flush=True)
        assert (stream.encoding, stream.isatty(), stream.fileno()) == ("utf-8", False, null.fileno())
    writer.flush(5)
    assert "".join(written.calls) == "a 1\nb"
