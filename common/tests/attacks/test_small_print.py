"""HTTP's small print: what is refused, and what is served though few clients send it."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import httpx
import pytest
from toys.started import MIB, Start
from toys.waiting import until
from toys.wire import BODY, POST, closing, connect, exchange, read, statuses

HEAD = b"POST / HTTP/1.1\r\nhost: a\r\n"
CHUNKS = b"11\r\n" + BODY + b"\r\n0\r\n\r\n"
LENGTH = b"content-length: %d\r\n" % len(BODY)
HEALTH = b"GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"

REFUSED = {
    "a body compressed in transfer": (HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n" + CHUNKS, 501),
    "an unknown transfer": (HEAD + b"transfer-encoding: xchunked\r\n\r\n" + CHUNKS, 501),
    "chunked, and not at last": (HEAD + b"transfer-encoding: chunked, gzip\r\n\r\n" + CHUNKS, 400),
    "chunked twice": (HEAD + b"transfer-encoding: chunked\r\n" * 2 + b"\r\n" + CHUNKS, 400),
    "a length and chunks": (HEAD + LENGTH + b"transfer-encoding: chunked\r\n\r\n" + CHUNKS, 400),
    "chunks and a length": (HEAD + b"transfer-encoding: chunked\r\n" + LENGTH + b"\r\n" + CHUNKS, 400),
    "two lengths": (HEAD + LENGTH * 2 + b"\r\n" + BODY, 400),
    "two lengths in one": (HEAD + b"content-length: 17, 17\r\n\r\n" + BODY, 400),
    "a length with a sign": (HEAD + b"content-length: +17\r\n\r\n" + BODY, 400),
    "a negative length": (HEAD + b"content-length: -17\r\n\r\n" + BODY, 400),
    "a length that no number holds": (HEAD + b"content-length: %s\r\n\r\n" % (b"9" * 30) + BODY, 400),
    "no length": (HEAD + b"content-length: \r\n\r\n" + BODY, 400),
    "bare line feeds": (b"GET /health HTTP/1.1\nhost: a\n\n", 400),
    "a line that goes on": (b"GET /health HTTP/1.1\r\nhost: a\r\nb: c\r\n d\r\n\r\n", 400),
    "a space before the colon": (b"GET /health HTTP/1.1\r\nhost : a\r\n\r\n", 400),
    "a null in the path": (b"GET /hea\0lth HTTP/1.1\r\nhost: a\r\n\r\n", 400),
    "a null in a header": (b"GET /health HTTP/1.1\r\nhost: a\r\nb: c\0d\r\n\r\n", 400),
    "a path of other letters": (b"GET /h\xc3\xa9alth HTTP/1.1\r\nhost: a\r\n\r\n", 400),
    "a tunnel": (b"CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n", 400),
    "a server as the target": (b"OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "a chunk without a size": (HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n" + BODY, 400),
    "a chunk that is longer than it says": (HEAD + b"transfer-encoding: chunked\r\n\r\n3\r\n" + BODY, 400),
    "a null in a model's name": (closing(b"POST /models/a%00b HTTP/1.1\r\nhost: a\r\n" + LENGTH + b"\r\n" + BODY), 404),
    "a path above": (b"GET /docs/..%2f..%2fsettings.py HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", 404),
}


def test_what_may_be_read_in_two_ways_is_refused(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder))
    url = server.url()
    until(lambda: httpx.get(f"{url}/ready").status_code == 200)
    for what, (request, status) in REFUSED.items():
        answer = exchange(url, request)
        assert (what, statuses(answer)) == (what, [status])
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
        assert b"content-type: application/json" in answer
        assert b"connection: close" in answer
    assert httpx.post(url, content=BODY).json() == [3, 1]
    assert "Traceback" not in "".join(server.lines)


UPGRADE = b"connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"
SERVED = {
    "an offer of HTTP/2": (HEAD + UPGRADE + LENGTH + b"\r\n" + BODY + HEALTH, [200, 200]),
    "an offer of HTTP/2 with chunks": (
        HEAD + UPGRADE + b"transfer-encoding: chunked\r\n\r\n" + CHUNKS + HEALTH,
        [200] * 2,
    ),
    "an offer of HTTP/2 without a body": (
        b"GET /health HTTP/1.1\r\nhost: a\r\n" + UPGRADE + b"\r\n" + HEALTH,
        [200] * 2,
    ),
    "an offer of a websocket": (
        b"GET /health HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n" + HEALTH,
        [200, 200],
    ),
    "a target as a proxy has it": (b"GET http://b.org/health HTTP/1.1\r\nhost: a\r\n\r\n" + HEALTH, [200, 200]),
    "a target as a proxy has it, without a path": (closing(b"GET http://b.org HTTP/1.1\r\nhost: a\r\n\r\n"), [200]),
    "requests in a row": (POST * 10 + HEALTH, [200] * 11),
    "HTTP/1.0": (b"GET /health HTTP/1.0\r\n\r\n", [200]),
    "no slash is added": (closing(b"GET /health/ HTTP/1.1\r\nhost: a\r\n\r\n"), [404]),
}


def test_what_is_unusual_is_served(start: Start, model_folder: Path) -> None:
    url = start(str(model_folder)).url()
    until(lambda: httpx.get(f"{url}/ready").status_code == 200)
    for what, (request, told) in SERVED.items():
        answer = exchange(url, request)
        assert (what, statuses(answer)) == (what, told)
        assert b"location:" not in answer
        assert b"[3.0,1.0]" in answer or b"POST" not in request
        in_parts = b""
        with connect(url) as caller:
            for n in range(0, len(request), 40):
                caller.sendall(request[n : n + 40])
                time.sleep(0.001)
            in_parts = read(caller)
        assert (what, statuses(in_parts)) == (what, told)


def test_requests_in_a_row_without_end_are_cut_off(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), memory_mib=512)
    url = server.url()
    until(lambda: httpx.get(f"{url}/ready").status_code == 200)
    slow = b'{"inputs": "sleep 1"}'
    first = HEAD + b"content-length: %d\r\n\r\n" % len(slow) + slow
    answer = exchange(url, first + b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n" * 20_000)
    assert statuses(answer) == [200] * 17
    assert httpx.post(url, content=BODY).json() == [3, 1]


def test_a_caller_that_ends_its_side_gets_its_answer(start: Start, model_folder: Path) -> None:
    url = start(str(model_folder)).url()
    until(lambda: httpx.get(f"{url}/ready").status_code == 200)
    slow = b'{"inputs": "sleep 1"}'
    request = HEAD + b"content-length: %d\r\n\r\n" % len(slow) + slow
    for sent, told in (
        (request, [100, 200]),
        (request.replace(b"1.1", b"1.0"), [200]),
        (request + POST, [100, 200, 200]),
    ):
        answer = exchange(url, sent, ends=True)
        assert statuses(answer) == told
        assert b"[7.0,2.0]" in answer
    assert exchange(url, request[:-5], ends=True) == b""


def test_a_caller_that_has_left_is_not_worked_for(start: Start, model_folder: Path) -> None:
    """Though it sends the same as one that has only ended its side."""
    server = start(str(model_folder))
    url = server.url()
    until(lambda: httpx.get(f"{url}/ready").status_code == 200)
    slow = b'{"inputs": "sleep 30"}'
    with connect(url) as busy:
        busy.sendall(HEAD + b"content-length: %d\r\n\r\n" % len(slow) + slow)
        for _ in range(5):
            with connect(url) as left:
                left.sendall(POST)
        until(lambda: sum("status=499" in line for line in server.lines) == 5)


def test_a_body_is_asked_for_where_its_caller_waits_for_that(start: Start, model_folder: Path) -> None:
    url = start(str(model_folder), MAX_BODY_BYTES="1000").url()
    until(lambda: httpx.get(f"{url}/ready").status_code == 200)
    with connect(url) as caller:
        caller.sendall(HEAD + LENGTH + b"expect: 100-continue\r\nconnection: close\r\n\r\n")
        assert caller.recv(1000).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        caller.sendall(BODY)
        assert statuses(read(caller)) == [200]
    # A body that is not wanted may never come: then the connection cannot be used again.
    answer = exchange(url, HEAD + b"content-length: 5000\r\nexpect: 100-continue\r\n\r\n")
    assert statuses(answer) == [413]
    assert b"connection: close" in answer


def test_a_compressed_body_is_refused_before_it_is_read(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), memory_mib=512)
    url = server.url()
    before = server.resident()
    bomb = gzip.compress(bytes(100 * MIB))
    for encoding in ("gzip", "deflate", "br", "zstd", "gzip, gzip"):
        answer = httpx.post(url, content=bomb, headers={"content-encoding": encoding})
        assert answer.status_code == 415
    assert server.resident() - before < 20 * MIB


def test_the_end_of_a_caller_that_is_refused_while_it_sends_reaches_it(start: Start, model_folder: Path) -> None:
    url = start(str(model_folder), MAX_BODY_BYTES="1000").url()
    sent = HEAD + b"connection: close\r\ncontent-length: 8000000\r\n\r\n" + bytes(8_000_000)
    assert statuses(exchange(url, sent)) == [413]


LISTED, OTHER = ("https://a.org", "http://b.org:8080"), ("https://c.org", "https://a.org.evil.org", "null")


@pytest.mark.parametrize("pages", ["*", ", ".join(LISTED)])
def test_pages_may_call_where_the_operator_says(start: Start, model_folder: Path, pages: str) -> None:
    url = start(str(model_folder), CORS_ORIGINS=pages).url()
    until(lambda: httpx.get(f"{url}/ready").status_code == 200)
    for origin in (*LISTED, *OTHER):
        headers = {"origin": origin, "content-type": "text/plain"}  # so that no browser asks before
        for answer in (
            httpx.post(url, content=BODY, headers=headers),
            httpx.get(f"{url}/info", headers=headers),
            httpx.options(url, headers={**headers, "access-control-request-method": "POST"}),
        ):
            told = (answer.status_code, answer.headers.get("access-control-allow-origin"))
            assert told == ((200, "*") if pages == "*" else (200, origin) if origin in LISTED else (403, None))
    for headers in ({}, {"origin": url}):  # a program, and the server's own page
        assert httpx.post(url, content=BODY, headers=headers).status_code == 200


def test_hosts_are_those_that_the_operator_names(start: Start, model_folder: Path) -> None:
    url = start(str(model_folder), ALLOWED_HOSTS="a.org, *.b.org").url()
    until(lambda: httpx.get(f"{url}/ready").status_code == 200)
    for host, status in (
        ("a.org", 200),
        ("A.org:8000", 200),
        ("c.b.org", 200),
        ("b.org", 400),
        ("evil.org", 400),
        ("", 400),
    ):
        answer = httpx.post(url, content=BODY, headers={"host": host})
        assert (host, answer.status_code) == (host, status)
        assert status == 200 or "ALLOWED_HOSTS" in answer.json()["error"]
    assert statuses(exchange(url, closing(POST).replace(b"host: a", b"host: a.org\r\nhost: a.org"))) == [400]
    assert httpx.get(f"{url}/health", headers={"host": "10.0.0.7"}).status_code == 200
