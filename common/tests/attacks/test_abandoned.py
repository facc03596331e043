"""What nobody waits for any more: it ends, and it stands in nobody's way."""

from __future__ import annotations

from pathlib import Path

import httpx
from toys.calls import ready, sent, told
from toys.started import Start
from toys.waiting import until

ENDLESS = "steps 100000"  # of 20 ms


def test_a_call_that_has_begun_ends_when_its_caller_leaves(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder))
    url = server.url()
    ready(url)
    left = sent(url, [ENDLESS] * 4)
    until(lambda: told(url, "model_call_seconds") > 0)
    left.close()
    answer = httpx.post(url, json={"inputs": "next"}, timeout=10)
    assert answer.json() == [4.0, 1.0]
    until(lambda: told(url, "model_call_seconds") == 0)


def test_a_call_that_has_begun_ends_at_timeout(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), TIMEOUT="0.5")
    url = server.url()
    ready(url)
    assert httpx.post(url, json={"inputs": ENDLESS}, timeout=10).status_code == 504
    until(lambda: told(url, "model_call_seconds") == 0)
    assert httpx.post(url, json={"inputs": "next"}, timeout=10).status_code == 200


def test_the_time_of_a_request_counts_from_its_arrival(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), TIMEOUT="1")
    url = server.url()
    ready(url)
    with sent(url, "sleep 0.5", body_after=1.5) as slow:
        assert slow.recv(1000).startswith(b"HTTP/1.1 504")
    with sent(url, "sleep 0.5") as quick:
        assert quick.recv(1000).startswith(b"HTTP/1.1 200")


def test_what_has_been_abandoned_is_not_counted_as_waiting(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), MAX_QUEUE="300", MAX_INPUTS="300")
    url = server.url()
    ready(url)
    with sent(url, "sleep 3"):  # a step that cannot be ended
        until(lambda: told(url, "model_call_seconds") > 0)
        left = sent(url, ["a"] * 300)
        until(lambda: told(url, "queue_length") == 300)
        assert httpx.post(url, json={"inputs": ["b"] * 300}).status_code == 429
        left.close()
        until(lambda: told(url, "queue_length") == 0)
        answer = httpx.post(url, json={"inputs": ["b"] * 300}, timeout=20)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()) == 300
