"""Callers that do not read what they asked for."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from toys.started import MIB, Start
from toys.waiting import until
from toys.wire import WAIT_SECONDS, connect, open_connections

LARGE = """
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
SIZE = 24 * 2**20
async def large(request):
    return Response(b"a" * SIZE)
async def pieces():
    for _ in range(1000):
        yield b"a" * 2**20
async def streamed(request):
    return StreamingResponse(pieces())
async def health(request):
    return Response(b"ok")
app = Starlette(routes=[Route("/large", large), Route("/streamed", streamed), Route("/health", health)])
"""
SIZE = 24 * MIB
Read = Callable[[socket.socket], None]


def never(caller: socket.socket) -> None:
    time.sleep(0.1)


def a_byte_at_a_time(caller: socket.socket) -> None:
    with contextlib.suppress(ConnectionResetError):
        caller.recv(64)
    time.sleep(0.02)


def ask(path: str, headers: bytes = b"") -> bytes:
    return b"GET %s HTTP/1.1\r\nhost: a\r\n%s\r\n" % (path.encode(), headers)


@pytest.mark.parametrize("reads", [never, a_byte_at_a_time])
def test_an_answer_that_is_not_read_is_let_go(start: Start, reads: Read) -> None:
    server = start("x", app=LARGE, TIMEOUT="1", memory_mib=512)
    url, taken = server.url(), []
    requests = (ask("/large"), ask("/large", b"connection: close\r\n"), ask("/large") * 3, ask("/streamed"))
    for _ in range(3):  # 192 MB each
        with contextlib.ExitStack() as stack:
            callers = [stack.enter_context(connect(url)) for _ in range(8)]
            for caller, request in zip(callers, requests * 2, strict=True):
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                caller.sendall(request)
            assert httpx.get(f"{url}/health", timeout=WAIT_SECONDS).status_code == 200
            end = time.monotonic() + WAIT_SECONDS
            while open_connections(server.process.pid) and time.monotonic() < end:
                for caller in callers:
                    reads(caller)
            assert open_connections(server.process.pid) == 0
        taken.append(server.resident())
    assert taken[-1] - taken[0] < 2 * SIZE  # what is freed is kept, and used again; each round was 192 MB
    assert server.end() == 0


def test_who_reads_slowly_but_steadily_gets_all(start: Start) -> None:
    url = start("x", app=LARGE, TIMEOUT="1").url()
    with connect(url) as caller:
        caller.sendall(ask("/large", b"connection: close\r\n"))
        got = 0
        while piece := caller.recv(200_000):
            got += len(piece)
            time.sleep(0.02)
    assert got > SIZE


STREAM = b'{"inputs": "%s", "stream": true, "parameters": {"max_new_tokens": 2000}}' % (b"word" * 2_500)


def test_a_stream_that_is_not_read_frees_its_model(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "README.md").write_text("---\nlibrary_name: toys\npipeline_tag: text-generation\n---\n")
    server = start(str(folder), TIMEOUT="2", KEEP_ALIVE_TIMEOUT="1")  # what a busy machine streams may be sent whole
    url = server.url()
    until(lambda: httpx.get(f"{url}/ready").status_code == 200)
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            caller = stack.enter_context(connect(url))
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            caller.sendall(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % len(STREAM) + STREAM)
        until(lambda: open_connections(server.process.pid) == 0, WAIT_SECONDS)
        request = {"inputs": "a", "parameters": {"max_new_tokens": 2}}
        until(lambda: httpx.post(url, json=request, timeout=WAIT_SECONDS).status_code == 200)
    assert server.end() == 0
