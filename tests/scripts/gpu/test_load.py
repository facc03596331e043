"""The load generator, on real servers of this process."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scripts.gpu import load


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers a body with itself; `fail` with a 500, and `stream` with five chunks."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        answer = b"data: {}\n\n" * 5 if b"stream" in body else body
        self.send_response(500 if body == b"fail" else 200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""


@contextmanager
def served() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(("body", "fails"), [(b"{}", False), (b"fail", True)])
def test_answers_are_counted_and_failures_apart(monkeypatch: pytest.MonkeyPatch, body: bytes, fails: bool) -> None:
    monkeypatch.setattr(load, "WARM_UP", 0.0)
    with served() as url:
        figures = load.measure(url, [body], "application/json", clients=3, seconds=0.5)
    assert (figures["failed"] > 0) is fails
    assert (figures["requests_per_second"] > 0) is not fails


def test_chunks_of_streams_are_counted() -> None:
    with served() as url:
        assert load.stream(url, load.streamed([b'{"inputs": "a"}'] * 2), 2) > 0
