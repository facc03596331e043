"""Limits on the Hub client's connections, against sockets that send what no server would."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from huggingface_hub import HfApi, get_session
from huggingface_hub.utils import http_backoff
from inference_common import hub_limits
from inference_common.errors import HubUnavailable
from inference_common.hub_client import call_limit, install

Answer = Callable[[socket.socket], None]


@contextlib.contextmanager
def peer(answer: Answer) -> Iterator[str]:
    """The address of a socket that gives each connection, once it has sent something, this answer."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def trickle(connection: socket.socket) -> None:
    """A header that does not end: each read brings a byte."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
    for _ in range(200):
        connection.sendall(b"x")
        time.sleep(0.05)


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[")
    while True:
        connection.sendall(b"0," * 32768)


def test_a_call_ends_within_its_time_though_each_read_brings_something() -> None:
    with peer(trickle) as url:
        begun = time.monotonic()
        with call_limit(0.5, 2**20), pytest.raises(HubUnavailable, match=r"within 0\.5 seconds"):
            HfApi(endpoint=url).model_info("org/name", timeout=5)
        assert time.monotonic() - begun < 5


def test_a_call_reads_no_more_than_its_bytes() -> None:
    with peer(endless) as url, call_limit(10, 2**20), pytest.raises(HubUnavailable, match="longer than any"):
        HfApi(endpoint=url).model_info("org/name", timeout=5)


def test_a_download_slower_than_the_least_speed_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_limits, "STALL_SECONDS", 0.3)
    install()
    with peer(trickle) as url, pytest.raises(HubUnavailable, match="less than 1,024 bytes a second"):
        get_session().get(url, timeout=5)


def test_a_peer_that_sends_nothing_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_limits, "STALL_SECONDS", 0.3)
    install()
    with peer(lambda connection: time.sleep(1)) as url, pytest.raises(HubUnavailable, match="less than 1,024 bytes"):
        http_backoff("GET", url, timeout=60)


def test_outside_a_call_nothing_is_counted() -> None:
    install()
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]"
    with peer(lambda connection: connection.sendall(answer)) as url:
        assert get_session().get(url).json() == []
