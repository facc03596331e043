"""The calls that are printed for a ready server work when they are pasted."""

from __future__ import annotations

import http.server
import re
import shlex
import subprocess
import threading
from pathlib import Path

import pytest
from inference_common.tasks import TASKS

from scripts.ready import print_calls


class Recorder(http.server.BaseHTTPRequestHandler):
    """Answers every POST, and keeps what came."""

    received: list[tuple[str | None, bytes]]

    def do_POST(self) -> None:  # the name that the library calls
        body = self.rfile.read(int(self.headers["content-length"]))
        self.received.append((self.headers["content-type"], body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"an answer")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.mark.parametrize("task", ["sentence-similarity", "image-classification", "text-to-speech", "image-to-image"])
def test_the_curl_sends_the_first_example(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INFERENCE_CACHE", str(tmp_path / "a cache"))
    received: list[tuple[str | None, bytes]] = []
    with http.server.HTTPServer(("127.0.0.1", 0), type("Handler", (Recorder,), {"received": received})) as server:
        threading.Thread(target=server.serve_forever).start()
        print_calls(f"http://127.0.0.1:{server.server_port}", task)
        (pasted,) = re.findall(r"^  (curl .*)$", capsys.readouterr().out, re.MULTILINE)
        done = subprocess.run([*shlex.split(pasted), "--silent"], cwd=tmp_path, capture_output=True, check=True)
        server.shutdown()
    example = TASKS[task].good[0]
    assert received == [(example.content_type, example.body)]
    written = [file.read_bytes() for file in tmp_path.glob("answer.*")]
    assert [done.stdout, *written] in ([b"an answer"], [b"", b"an answer"])
    assert bool(written) == (task in ("text-to-speech", "image-to-image"))
