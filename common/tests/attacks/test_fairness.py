"""One caller's many inputs, or its long ones, do not keep the others waiting."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from toys.calls import ready, told
from toys.started import Start
from toys.waiting import until

OTHERS = 8


@pytest.mark.parametrize("by_token", [False, True])
def test_two_calls_of_a_thousand_texts_keep_nobody_waiting(start: Start, model_folder: Path, by_token: bool) -> None:
    server = start(str(model_folder))
    url = server.url()
    ready(url)
    # Of one token, two connections are one caller.
    headers = {"authorization": "Bearer many"} if by_token else {}
    with ThreadPoolExecutor() as pool:
        many = [
            pool.submit(httpx.post, url, json={"inputs": ["sleep 0.003"] * 1024}, headers=headers, timeout=60)
            for _ in range(2)
        ]
        until(lambda: told(url, "queue_length") > 1500)
        for n in range(OTHERS):
            answer = httpx.post(url, json={"inputs": "x" * n}, timeout=10)
            assert answer.json() == [float(n), float(n > 0)]
        assert not any(one.done() for one in many)
        for one in many:
            assert one.result().status_code == 200
            assert len(one.result().json()) == 1024


def test_a_full_queue_still_takes_those_who_ask_for_little(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), MAX_QUEUE="400", MAX_INPUTS="200", MAX_WAIT="600")
    url = server.url()
    ready(url)
    with ThreadPoolExecutor() as pool:
        many = [pool.submit(httpx.post, url, json={"inputs": ["sleep 0.01"] * 200}, timeout=60) for _ in range(2)]
        until(lambda: told(url, "queue_length") > 300)
        assert httpx.post(url, json={"inputs": ["a"] * 200}).status_code == 429
        assert httpx.post(url, json={"inputs": ["a"] * 3}, timeout=10).status_code == 200
        assert not any(one.done() for one in many)
        assert [one.result().status_code for one in many] == [200, 200]


def test_others_come_between_the_steps_of_a_long_call(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder))
    url = server.url()
    ready(url)
    with ThreadPoolExecutor() as pool:
        long = pool.submit(httpx.post, url, json={"inputs": "steps 250"}, timeout=60)
        until(lambda: told(url, "model_call_seconds") > 0)
        for n in range(2):
            assert httpx.post(url, json={"inputs": "x" * n}, timeout=10).status_code == 200
            assert not long.done()
        assert long.result().status_code == 200
