"""Connections that send nothing, too little or too slowly, and more of them than there may be."""

from __future__ import annotations

import contextlib
import functools
import socket
import threading
import time
from pathlib import Path

import httpx
import psutil
from toys.started import Start
from toys.waiting import until
from toys.wire import POST, WAIT_SECONDS, closing, connect, open_connections, read, statuses

HEALTH = b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n"
PARTS = (b"", b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\na")
FEW_DESCRIPTORS = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
from inference_common import create_app
app = create_app('toys.pipelines')
"""
NO_THREADS = """
import anyio._backends._asyncio as backend
from pathlib import Path
from inference_common import create_app
start = backend.WorkerThread.start
def refuse(thread):
    if Path("no threads").exists():
        raise RuntimeError("can't start new thread")
    start(thread)
backend.WorkerThread.start = refuse
app = create_app('toys.pipelines')
"""


def is_healthy(url: str) -> bool:
    return httpx.get(f"{url}/health", timeout=WAIT_SECONDS).status_code == 200


def test_connections_that_send_nothing_are_closed(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), HEADER_TIMEOUT="1")
    url = server.url()
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(connect(url)) for _ in range(50)]
        assert is_healthy(url)
        assert [read(one) for one in silent] == [b""] * 50
    until(lambda: open_connections(server.process.pid) == 0)
    assert server.end() == 0


def is_refused(slow: socket.socket) -> bool:
    """Whether the server has closed the connection on which one byte more is sent."""
    time.sleep(0.2)
    try:
        slow.sendall(b"a")
    except OSError:
        return True
    return False


def test_what_comes_slowly_is_not_waited_for(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), HEADER_TIMEOUT="1")
    url = server.url()
    until(lambda: httpx.get(f"{url}/ready").status_code == 200)
    for first in (b"GET /hea", b"GET / HTTP/1.1\r\nhost: a\r\n", POST + b"GET / HT"):
        with connect(url) as slow:
            slow.sendall(first)
            until(functools.partial(is_refused, slow), WAIT_SECONDS)
        assert is_healthy(url)
    assert server.end() == 0


def test_a_caller_that_stops_is_told_or_let_go(start: Start, model_folder: Path) -> None:
    url = start(str(model_folder), HEADER_TIMEOUT="1", BODY_TIMEOUT="1", KEEP_ALIVE_TIMEOUT="1").url()
    unread = b"POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000000\r\n\r\na"
    late = b"POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\na"
    requests = (b"GET / HTTP/1.1\r\nhost: a\r\n", HEALTH, unread, closing(unread), late)
    with contextlib.ExitStack() as stack:
        callers = [stack.enter_context(connect(url)) for _ in requests]
        for caller, request in zip(callers, requests, strict=True):
            caller.sendall(request)
        time.sleep(0.5)
        callers[-1].sendall(b"a" + HEALTH)
        answers = [read(caller) for caller in callers]
    assert [statuses(answer) for answer in answers] == [[408], [200], [404], [404], [404, 200]]
    assert b"headers did not arrive within 1 s" in answers[0]


def test_the_oldest_connections_make_room(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), MAX_CONNECTIONS="20")
    url = server.url()
    for sent in PARTS:
        with contextlib.ExitStack() as stack:
            callers = []
            for _ in range(60):
                callers.append(stack.enter_context(connect(url)))
                callers[-1].sendall(sent)
            assert is_healthy(url)
            assert read(callers[0]) == b""
            until(lambda: open_connections(server.process.pid) <= 20)
            assert not _is_ended(callers[-1])
    assert server.end() == 0


def _is_ended(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False


def test_health_is_told_as_descriptors_run_out(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), app=FEW_DESCRIPTORS)
    url, process = server.url(), psutil.Process(server.process.pid)
    with contextlib.ExitStack() as stack:
        for n in range(300):
            connection = stack.enter_context(connect(url))
            with contextlib.suppress(OSError):
                connection.sendall(PARTS[n % 3])
        assert is_healthy(url)
        assert httpx.post(url, json={"inputs": "abc"}, timeout=WAIT_SECONDS).json() == [3, 1]
        before = sum(process.cpu_times()[:2])
        time.sleep(1)
        assert sum(process.cpu_times()[:2]) - before < 0.5  # the event loop does not turn in vain
    until(lambda: open_connections(server.process.pid) == 0)
    assert is_healthy(url)
    assert server.end() == 0


def test_a_server_that_is_full_of_work_says_so_and_tells_its_health(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), MAX_CONNECTIONS="2")
    url = server.url()
    until(lambda: httpx.get(f"{url}/ready").status_code == 200)
    answers: list[int] = []
    busy = [
        threading.Thread(
            target=lambda: answers.append(httpx.post(url, json={"inputs": "sleep 4"}, timeout=60).status_code)
        )
        for _ in range(2)
    ]
    for one in busy:
        one.start()
    until(lambda: open_connections(server.process.pid) == 2)
    time.sleep(0.5)
    refused = httpx.post(url, json={"inputs": "abc"}, timeout=WAIT_SECONDS)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert "MAX_CONNECTIONS" in refused.json()["error"]
    assert is_healthy(url)
    for one in busy:
        one.join()
    assert answers == [200, 200]
    assert httpx.post(url, json={"inputs": "abc"}, timeout=WAIT_SECONDS).status_code == 200


def test_where_no_thread_can_be_made_a_caller_is_told_and_the_next_one_served(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), app=NO_THREADS)
    url, body = server.url(), {"inputs": "abc " * 50_000}  # too large to be decoded on the event loop
    until(lambda: httpx.get(f"{url}/ready").status_code == 200)
    flag = model_folder.parent / "app" / "no threads"
    flag.touch()
    refused = httpx.post(url, json=body, timeout=WAIT_SECONDS)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert "thread" in refused.json()["error"]
    assert httpx.post(url, json={"inputs": "abc"}, timeout=WAIT_SECONDS).status_code == 200
    flag.unlink()
    assert httpx.post(url, json=body, timeout=WAIT_SECONDS).status_code == 200
