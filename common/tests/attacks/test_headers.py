"""Heads without end, in every place where a request has no body."""

from __future__ import annotations

import contextlib
from pathlib import Path

import httpx
from toys.started import MIB, Start
from toys.wire import POST, closing, connect, exchange, read, statuses

START = b"POST / HTTP/1.1\r\nhost: a\r\n"
CHUNKED = START + b"transfer-encoding: chunked\r\n\r\n"
ENDLESS = {
    "a target": (b"GET /", b"a"),
    "a query": (b"GET /?a=", b"a"),
    "a header's name": (START, b"a"),
    "a header's value": (START + b"a: ", b"a"),
    "headers": (START, b"a: b\r\n"),
    "empty lines": (b"", b"\r\n"),
    "a chunk's extension": (CHUNKED + b"3;a=", b"a"),
    "trailers": (CHUNKED + b"0\r\n", b"a: b\r\n"),
    "a trailer's value": (CHUNKED + b"0\r\na: ", b"a"),
}


def test_a_head_without_end_is_read_no_further(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), memory_mib=512)
    url = server.url()
    assert httpx.get(f"{url}/health").status_code == 200
    before = server.resident()
    for first, more in ENDLESS.values():
        told = sent_on(url, first, more * (MIB // len(more)))
        assert told in ([431], [414], [])  # as it sends for longer than the server listens, it may miss the answer
        assert server.resident() - before < 20 * MIB
        assert httpx.get(f"{url}/health").status_code == 200
    assert server.end() == 0


def sent_on(url: str, first: bytes, more: bytes) -> list[int]:
    """What is answered to a caller that goes on for 100 MB."""
    with connect(url) as caller:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            caller.sendall(first)
            for _ in range(100):
                caller.sendall(more)
        return statuses(read(caller))


OVER = (
    (b"GET /%s HTTP/1.1\r\nhost: a\r\n\r\n" % (b"a" * MIB), 414, "the body"),
    (b"GET /%s HTTP/1.1\r\nhost: a\r\n\r\n" % (b"a" * 17_000), 414, "the body"),
    (b"GET / HTTP/1.1\r\nhost: a\r\n%s\r\n" % (b"a: b\r\n" * 100), 431, "at most 100 headers"),
    (b"GET / HTTP/1.1\r\nhost: a\r\nb: %s\r\n\r\n" % (b"a" * 66_000), 431, "65,536 bytes"),
    (b"GET / HTTP/1.1\r\nhost: a\r\nb: %s" % (b"a" * 66_000), 431, "65,536 bytes"),
)


def test_a_head_over_a_limit_is_told(start: Start, model_folder: Path) -> None:
    url = start(str(model_folder)).url()
    for head, status, told in OVER:
        answer = exchange(url, head)
        assert statuses(answer) == [status]
        assert told in answer.decode()
        assert b"connection: close" in answer


def test_heads_within_the_limits_are_read_however_they_come(start: Start, model_folder: Path) -> None:
    url = start(str(model_folder)).url()
    line, fields = b"GET /health?a=%s HTTP/1.1\r\n" % (b"a" * 16_000), b"b: %s\r\n" % (b"b" * 40_000) + b"c: d\r\n" * 97
    large = line + b"host: a\r\n" + fields + b"\r\n"
    with connect(url) as caller:
        for request in (large, large + POST[:50]):
            for start_at in range(0, len(request), 7_001):
                caller.sendall(request[start_at : start_at + 7_001])
        caller.sendall(POST[50:] + closing(b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n"))
        assert statuses(read(caller)) == [200, 200, 200, 200]


def test_trailers_are_no_headers(start: Start, model_folder: Path) -> None:
    url = start(str(model_folder)).url()
    chunked = b'11\r\n{"inputs": "abc"}\r\n0\r\nx-request-id: from-a-trailer\r\n\r\n'
    answer = exchange(url, closing(START + b"transfer-encoding: chunked\r\n\r\n") + chunked)
    assert statuses(answer) == [200]
    assert b"from-a-trailer" not in answer
