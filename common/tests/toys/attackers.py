"""Callers of a real server: bad ones, many at once, and a good one beside them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx

from .started import Start, Started
from .waiting import until

LARGE = "from inference_common import create_app\napp = create_app('toys.large')\n"


def serve_large(start: Start, folder: Path, task: str, **settings: str) -> tuple[Started, str]:
    """A ready server of the library of large inputs and answers in 1 GiB of memory, 200 MiB of them for requests; and
    its address."""
    model = folder / "model"
    model.mkdir(exist_ok=True)
    (model / "README.md").write_text(f"---\nlibrary_name: large\npipeline_tag: {task}\n---\n")
    chosen = {"MAX_REQUEST_MEMORY_MIB": "200", "app": LARGE, **settings}
    server = start(str(model), memory_mib=1024, **chosen)
    url = server.url()
    until(lambda: httpx.get(f"{url}/ready").status_code == 200)
    return server, url


def post_together(url: str, bodies: Sequence[bytes]) -> list[httpx.Response]:
    """The answers to all bodies, sent at once."""

    async def post() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(timeout=60, limits=limits) as client:
            return await asyncio.gather(*(client.post(url, content=body) for body in bodies))

    return asyncio.run(post())


def http_head(length: int) -> bytes:
    """The head of a POST that announces a body of so many bytes."""
    return b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: %d\r\n\r\n" % length


@contextlib.contextmanager
def good_caller(url: str, **request: Any) -> Iterator[list[int]]:
    """The statuses of a caller who meanwhile sends one request after the other, at least two in all."""
    statuses: list[int] = []
    ends = threading.Event()

    def call() -> None:
        with httpx.Client(timeout=30) as client:
            while not ends.is_set() or len(statuses) < 2:
                statuses.append(client.post(url, **request).status_code)
                ends.wait(0.02)

    calling = threading.Thread(target=call)
    calling.start()
    try:
        yield statuses
    finally:
        ends.set()
        calling.join()


def held_bytes(url: str) -> int:
    """What requests in flight hold, as the server tells."""
    told = httpx.get(f"{url}/metrics").text
    (line,) = (line for line in told.splitlines() if line.startswith("request_memory_bytes "))
    return int(float(line.split()[1]))
