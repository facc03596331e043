"""Requests to many models of one server: what they hold is bounded as a whole, not for each model."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from inference_common.testing.hostile import png_bomb
from inference_common.testing.hub import Hub, Repo, serve_hub
from toys.attackers import LARGE, good_caller, held_bytes
from toys.loopback import beside, toy
from toys.started import MIB, Start
from toys.waiting import until

NAMES = "abcd"
BUDGET_MIB = 200


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    repos = {f"org/{name}": Repo(toy(tmp_path / "repos" / name, task="image-classification")) for name in NAMES}
    with serve_hub(repos) as served:
        yield served


def post_to_all(url: str, body: bytes, count: int) -> list[httpx.Response]:
    async def post() -> list[httpx.Response]:
        async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None)) as client:
            urls = [f"{url}/models/org/{name}" for name in NAMES for _ in range(count)]
            return await asyncio.gather(*(client.post(one, content=body) for one in urls))

    return asyncio.run(post())


def test_what_requests_to_many_models_hold_is_bounded_as_a_whole(start: Start, hub: Hub, tmp_path: Path) -> None:
    settings = {"MAX_REQUEST_MEMORY_MIB": str(BUDGET_MIB), "app": LARGE, **beside(hub, tmp_path)}
    server = start(None, memory_mib=1024, **settings)
    url = server.url()
    small = png_bomb(100)
    for name in NAMES:
        assert httpx.post(f"{url}/models/org/{name}", content=small, timeout=60).status_code == 200
    before, held, is_over = server.resident(), [0], threading.Event()

    def watch() -> None:
        while not is_over.is_set():
            held.append(held_bytes(url))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        with good_caller(f"{url}/models/org/a", content=small) as statuses:
            counted = Counter(answer.status_code for answer in post_to_all(url, png_bomb(4_000), 10))
    finally:
        is_over.set()
        watching.join()
    assert set(counted) == {200, 429}
    assert set(statuses) == {200}
    assert 40 * MIB < max(held) <= BUDGET_MIB * MIB
    until(lambda: held_bytes(url) < MIB, 30)
    until(lambda: server.resident() < before + len(NAMES) * 50 * MIB, 30)
    assert server.end() == 0
