"""HTTP by raw sockets: what no client would send."""

from __future__ import annotations

import contextlib
import socket
from urllib.parse import urlsplit

import psutil

BODY = b'{"inputs": "abc"}'
POST = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n%s" % (len(BODY), BODY)
WAIT_SECONDS = 20


def connect(url: str) -> socket.socket:
    """A connection to the server at `url`."""
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=WAIT_SECONDS)


def read(connection: socket.socket) -> bytes:
    """All that comes until the server ends the connection."""
    got = b""
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        while piece := connection.recv(65536):
            got += piece
    return got


def exchange(url: str, request: bytes, *, ends: bool = False) -> bytes:
    """What a server answers until it ends the connection; with `ends`, this side is ended after the request."""
    with connect(url) as connection:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):  # refused while it is sent
            connection.sendall(request)
            if ends:
                connection.shutdown(socket.SHUT_WR)
        return read(connection)


def closing(request: bytes) -> bytes:
    """The request, so that the server ends the connection after its answer."""
    return request.replace(b"host: a\r\n", b"host: a\r\nconnection: close\r\n")


def statuses(answers: bytes) -> list[int]:
    """The statuses of answers that follow each other."""
    return [int(part[:3]) for part in answers.split(b"HTTP/1.1 ")[1:]]


def open_connections(process: int) -> int:
    """How many connections a process has open."""
    return sum(one.status != psutil.CONN_LISTEN for one in psutil.Process(process).net_connections("tcp"))
