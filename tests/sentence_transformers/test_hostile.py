"""Callers that break the rules on the wire, where no HTTP client of good manners goes."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from scripts.images import library

from ..conftest import tiny_model
from ..servers import Server, start_process

BODY_SECONDS = 1.0
HEAD = b"POST / HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"


@pytest.fixture(scope="module")
def strict() -> Iterator[Server]:
    """A server that waits a second for a body and takes a thousand bytes."""
    known = library("sentence-transformers")
    task = known.tasks[0]
    server = start_process(
        known, task, str(tiny_model(known, task)), BODY_TIMEOUT=str(BODY_SECONDS), MAX_BODY_BYTES="1000"
    )
    yield server
    server.client.close()
    assert server.stop() == 0


def connect(server: Server) -> socket.socket:
    url = server.client.base_url
    return socket.create_connection((url.host, url.port), timeout=20)


def answer(connection: socket.socket) -> bytes:
    """Everything the server says until it has nothing more to say for a moment, or hangs up."""
    said = b""
    while b"}" not in said and (more := connection.recv(65536)):
        said += more
    return said


def test_a_slow_body_is_given_up_on(strict: Server) -> None:
    with connect(strict) as connection:
        connection.sendall(HEAD % 500 + b'{"inputs":')
        started = time.monotonic()
        said = answer(connection)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"did not arrive" in said
    assert BODY_SECONDS * 0.9 < time.monotonic() - started < BODY_SECONDS + 3


def test_a_body_that_trickles_is_given_up_on(strict: Server) -> None:
    """Each byte comes in time, the whole never would."""
    with connect(strict) as connection:
        connection.sendall(HEAD % 500)
        started = time.monotonic()
        connection.setblocking(False)
        said = b""
        while not said and time.monotonic() - started < 10:
            connection.send(b" ")
            time.sleep(0.1)
            try:
                said = connection.recv(65536)
            except BlockingIOError:
                continue
    assert said.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - started < BODY_SECONDS + 3


def test_callers_that_hang_up_are_forgotten(strict: Server) -> None:
    for _ in range(50):
        with connect(strict) as connection:
            connection.sendall(HEAD % 500 + b'{"inputs": "he')
    assert strict.client.post("/", json={"inputs": "hello"}).status_code in {200, 400}
    assert strict.client.get("/ready").status_code == 200


def test_a_body_over_the_limit_is_refused_by_its_length_alone(strict: Server) -> None:
    with connect(strict) as connection:
        connection.sendall(HEAD % 1001)
        said = answer(connection)
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"1,000 bytes" in said


def test_a_chunked_body_over_the_limit_is_refused(strict: Server) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 100

    refused = httpx.post(strict.client.base_url, content=endless(), timeout=20)
    assert refused.status_code == 413
    assert "1,000 bytes" in refused.json()["error"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nothing", 404), ("/models/another", 404), ("/pipeline/no-such-task/x", 404), ("/health", 405)],
)
def test_a_post_elsewhere_never_runs_the_model(strict: Server, path: str, status: int) -> None:
    refused = strict.client.post(path, json={"inputs": "hello"})
    assert refused.status_code == status
    assert isinstance(refused.json()["error"], str)
    assert "x-compute-time" not in refused.headers


def test_bytes_that_are_not_http_get_400(strict: Server) -> None:
    with connect(strict) as connection:
        connection.sendall(b"\x00\xff not HTTP at all\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")
    assert strict.client.get("/ready").status_code == 200
