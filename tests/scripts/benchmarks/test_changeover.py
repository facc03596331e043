"""The change-over is seen from outside: what answers, how it answers, and what it holds in memory."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from scripts.benchmarks import changeover
from scripts.benchmarks.figures import Row
from scripts.benchmarks.running import begin, end
from scripts.benchmarks.scenario import Effort, Scenario
from scripts.benchmarks.targets import Command, Server

SERVER = """
import http.server, json, os, pathlib, subprocess, sys, threading, time

kept, wrong = pathlib.Path(os.environ["HF_HOME"], "file"), float(os.environ["WRONG"])
child = None if kept.is_file() else subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3)"])

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer("ready", "cpu")
    def do_POST(self):
        number = float(json.loads(self.rfile.read(int(self.headers["content-length"])))["inputs"])
        changed = child is None or child.poll() is not None
        if changed:
            kept.touch()
        self.answer([number, 1.0 + (wrong if changed else 0)], "cpu+optimized" if changed else "cpu")
    def answer(self, value, kind):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("x-compute-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def command(folder: Path, wrong: float, port: int) -> Command:
    """A server that changes over once its child process has ended."""
    (folder / "server.py").write_text(SERVER)
    environment = {"PORT": str(port), "HF_HOME": str(folder), "WRONG": str(wrong)}
    return Command([sys.executable, folder / "server.py"], folder, environment)


def server(folder: Path, wrong: float = 0) -> Server:
    """That server, as a target."""
    bodies = [b'{"inputs": %d}' % number for number in range(changeover.TEXTS)]
    return Server("ours", partial(command, folder, wrong), lambda: bodies, answer=())


def rows(target: Server) -> dict[str, Row]:
    """What one start comes to, by load."""
    scenario = Scenario("", "", "", changeover.changeover, [target], [], [])
    return {str(row["load"]): row for row in scenario.run(scenario, Effort("short", 1, 0.5, 1), lambda line: None)}


def test_a_change_over_is_timed_and_every_answer_checked(tmp_path: Path) -> None:
    found = rows(server(tmp_path))
    assert set(found) == {"before", "during", "after", "restarted"}
    during, after = found["during"], found["after"]
    assert float(during["changeover"]) > 0
    assert float(during["child"]) > 0 == float(after["child"])
    assert during["failed"] == during["wrong"] == after["failed"] == after["wrong"] == 0
    assert min(float(found[load]["memory"]) for load in ("during", "after", "restarted")) > 0


def test_answers_that_are_not_those_before_are_counted(tmp_path: Path) -> None:
    found = rows(server(tmp_path, wrong=-3.0))
    assert found["during"]["wrong"] == 0 < float(found["after"]["wrong"])


def test_a_server_is_measured_once_it_has_changed_over(tmp_path: Path) -> None:
    target = replace(server(tmp_path), compute_type="cpu+optimized")
    running = begin(target)
    try:
        assert running.process.poll() is None
        assert (tmp_path / "file").is_file()
    finally:
        end(running.process)


def test_a_server_that_never_changes_over_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.benchmarks.running.CHANGE_SECONDS", 0.5)
    with pytest.raises(SystemExit, match="answers by cpu after"):
        begin(replace(server(tmp_path), compute_type="gpu"))
