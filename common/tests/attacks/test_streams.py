"""Callers who do not read their streams lose them, and stop nobody else's."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from toys.calls import ready, told
from toys.started import MIB, Start
from toys.waiting import until

WORD = "w" * 20_000  # a token, so that few fill what the system keeps for a reader
PLACES = 2  # streams that the toy has open at once
SETTINGS = {"TASK": "text-generation", "MAX_NEW_TOKENS": "100000"}


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "README.md").write_text("---\nlibrary_name: toys\npipeline_tag: text-generation\n---\n")
    return folder


def unread(url: str) -> socket.socket:
    """A connection that asked for a stream of 20 MB and does not read it."""
    address = urlsplit(url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(20)
    connection.connect((address.hostname, address.port))
    body = json.dumps({"inputs": WORD, "stream": True, "parameters": {"max_new_tokens": 1000}}).encode()
    head = f"POST / HTTP/1.1\r\nhost: toy\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    return connection


def test_those_who_do_not_read_stop_nobody(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), memory_mib=1024, **SETTINGS)
    url = server.url()
    ready(url)
    before = server.resident()
    stuck = [unread(url) for _ in range(3 * PLACES)]
    for _ in range(2 * PLACES):
        body = {"inputs": "a b", "parameters": {"max_new_tokens": 2}}
        assert httpx.post(url, json=body, timeout=20).json() == [{"generated_text": " a b"}]
        streamed = httpx.post(url, json={**body, "stream": True}, timeout=20)
        assert '"generated_text":" a b"' in streamed.text
    for one in stuck:
        one.close()
    until(lambda: server.resident() < before + 300 * MIB)
    assert server.process.poll() is None


def test_who_does_not_read_loses_the_stream_at_timeout(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), TIMEOUT="1", **SETTINGS)
    url = server.url()
    ready(url)
    with unread(url) as stuck:
        until(lambda: "method=POST" in "".join(server.lines), 15)
        received = b""
        while part := stuck.recv(MIB):
            received += part
        assert received.startswith(b"HTTP/1.1 200")
        assert b'"generated_text":" w' not in received
        assert not received.endswith(b"0\r\n\r\n")  # the end of a whole answer
    assert told(url, "model_call_seconds") == 0
