"""Long steps: quiet lines where no terminal reads them, a spinner that leaves no trace where one does."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import pytest

from scripts.images import ROOT
from scripts.progress import run, step

PROGRAM = "import time; from scripts.progress import step\nwith step('Fetching [org/name]'):\n    time.sleep(0.5)"


def test_elsewhere_it_is_a_line_at_the_start_and_one_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    with step("Fetching [org/name]"):
        assert capsys.readouterr().out == "Fetching [org/name] ...\n"
    assert re.fullmatch(r"Fetching \[org/name\]: \d+ s\n", capsys.readouterr().out)


def test_a_step_that_fails_has_no_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError), step("Fetching"):
        raise RuntimeError
    assert capsys.readouterr().out == "Fetching ...\n"


def test_on_a_terminal_it_shows_that_it_runs_and_leaves_the_last_line() -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", PROGRAM]
    process = subprocess.Popen(command, cwd=ROOT, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    written = b""
    while chunk := _read(ours):
        written += chunk
    assert process.wait() == 0
    os.close(ours)
    shown = written.decode()
    assert len(re.findall(r"Fetching \[org/name\] \S*\x1b\[\d+m0:00:00", shown)) > 1, shown
    last = shown.rpartition("\x1b[2K")[2]
    assert re.search(r"^Fetching \[org/name\]: \d+ s\r\n$", last.removeprefix("\x1b[?25h")), last


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end was closed
        return b""


def test_a_command_that_fails_shows_the_end_of_its_output() -> None:
    program = "import sys; print('1\\n' * 100); print('no such package', file=sys.stderr); sys.exit(3)"
    with pytest.raises(SystemExit, match=r"(?s)no such package.*exit status 3") as ended:
        run([sys.executable, "-c", program])
    assert len(str(ended.value).splitlines()) < 50


def test_a_command_that_succeeds_is_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    run([sys.executable, "-c", "print('a line')"])
    assert capfd.readouterr().out == ""
