"""Streams are read to their end, and counted by tokens."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

from scripts.benchmarks.figures import Stream, stream_summary
from scripts.benchmarks.running import RunningServer, end
from scripts.benchmarks.targets import Command, Server, clients

SERVER = """
import http.server, json, sys, time

PIECES = ["", "a", "b", "", "cd"]

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()
        for piece in PIECES:
            self.event({"choices": [{"delta": {"content": piece}}]})
            time.sleep(0.01)
        self.event({"choices": [], "usage": {"completion_tokens": int(sys.argv[2])}})
        self.wfile.write(b"data: [DONE]\\n\\n")
    def event(self, value):
        self.wfile.write(b"data: " + json.dumps(value).encode() + b"\\n\\n")
    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.mark.timeout(300)  # the load generator may have to be installed
@pytest.mark.parametrize(("tokens", "fails"), [(4, False), (5, True)])
def test_clients_read_events_until_the_end(tmp_path: Path, tokens: int, fails: bool) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    target = Server(
        "ours",
        lambda port: Command([sys.executable, tmp_path / "server.py", str(port), str(tokens)], tmp_path),
        lambda: [b"{}"],
        tokens=4,
    )
    server = RunningServer(target)
    try:
        found = server.measure(clients(2)[0], 1.0, 0)
    finally:
        end(server.process)
    assert (found["failed"] > 0) == fails
    assert (found["tokens"] > 0) != fails
    assert math.isnan(found["first"]) == fails


def test_tokens_count_by_the_share_of_pieces_that_came_in_time() -> None:
    streams = [
        Stream(100, 900, 200, 4, [150, 600, 900, 1000]),  # one of four while the first ones are on their way
        Stream(100, 1500, 200, 0, [500, 1500]),  # one of two is past the end; its usage is not said
        Stream(100, 10, 503, 0, []),
        Stream(100, 10, 200, 3, [110]),  # ended early
    ]
    summary = stream_summary(streams, 1.0, 4)
    assert summary["tokens"] == pytest.approx((3 + 2) / 0.8)
    assert (summary["first"], summary["failed"]) == (50, 2)
