"""Requests that a library server sends on to a model's process: what reaches it, and what comes back."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from inference_common.testing.hub import Hub, Repo, serve_hub
from toys.loopback import beside, toy
from toys.started import Start
from toys.waiting import until


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    repos = {"org/a": Repo(toy(tmp_path / "a")), "org/writes": Repo(toy(tmp_path / "w", task="text-generation"))}
    with serve_hub(repos) as served:
        yield served


@pytest.fixture
def url(start: Start, hub: Hub, tmp_path: Path) -> str:
    return start(None, LOG_FORMAT="json", **beside(hub, tmp_path)).url()


def test_an_answer_is_that_of_a_pinned_server(url: str, start: Start, tmp_path: Path) -> None:
    pinned = start(str(tmp_path / "a")).url()
    cases = (
        ({"inputs": "a b"}, "", {"origin": "http://page"}),
        ({"inputs": ["a", "b c"]}, "?dimensions=1", {"accept": "application/json"}),
        ({"inputs": 5}, "", {}),
    )
    for inputs, query, given in cases:
        headers = {"x-request-id": "abc", **given}
        ours = httpx.post(f"{url}/models/org/a{query}", json=inputs, headers=headers, timeout=60)
        theirs = httpx.post(f"{pinned}/{query}", json=inputs, headers=headers, timeout=60)
        assert (ours.status_code, ours.content) == (theirs.status_code, theirs.content)
        varying = {"date", "x-compute-time", "x-queue-time", "x-inference-time", "x-total-time"}
        kept = [[(k, v) for k, v in one.headers.multi_items() if k not in varying] for one in (ours, theirs)]
        assert sorted(kept[0]) == sorted(kept[1])


def test_routes_that_name_the_model_in_the_body(url: str) -> None:
    embedded = httpx.post(f"{url}/v1/embeddings", json={"model": "org/a", "input": "abc"}, timeout=60)
    assert embedded.json()["data"][0]["embedding"] == [3, 1]
    assert embedded.json()["model"] == "org/a"
    below = httpx.post(f"{url}/models/org/a/v1/embeddings", json={"model": "other", "input": "abc"}, timeout=60)
    assert below.json()["data"] == embedded.json()["data"]
    ranked = httpx.post(f"{url}/rerank", json={"model": "org/a", "query": "abc", "texts": ["x", "ab"]}, timeout=60)
    assert [one["index"] for one in ranked.json()] == [1, 0]
    chat = {"model": "org/writes", "messages": [{"role": "user", "content": "a b"}], "max_tokens": 2}
    told = httpx.post(f"{url}/v1/chat/completions", json=chat, timeout=60).json()
    assert told["choices"][0]["message"]["content"].split() == ["a", "b"]
    text = httpx.post(f"{url}/v1/completions", json={"model": "org/writes", "prompt": "a", "max_tokens": 1}, timeout=60)
    assert text.json()["choices"][0]["text"].strip() == "a"
    for body in (b"[]", b"{", b'{"model": 5}'):
        assert httpx.post(f"{url}/v1/embeddings", content=body).status_code in (400, 404)
    assert httpx.get(f"{url}/openapi.json").json()["info"]["title"] == "Any model"
    assert {one["id"] for one in httpx.get(f"{url}/v1/models").json()["data"]} == {"org/a", "org/writes"}


def test_a_stream_comes_piece_by_piece_and_ends_when_its_caller_leaves(url: str) -> None:
    body = {"inputs": "sleep0.1 " * 3, "parameters": {"max_new_tokens": 3}, "stream": True}
    arrived: list[float] = []
    with httpx.stream("POST", f"{url}/models/org/writes", json=body, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("data:"):
                arrived.append(time.monotonic())
                json.loads(line[5:])
    assert len(arrived) == 3
    assert arrived[-1] - arrived[0] > 0.1
    endless = {"inputs": "sleep0.05", "parameters": {"max_new_tokens": 1000}, "stream": True}
    with httpx.stream("POST", f"{url}/models/org/writes", json=endless, timeout=60) as answer:
        next(answer.iter_lines())
    until(lambda: chunks(url) == chunks(url, after=0.5))


def test_a_caller_that_leaves_before_its_answer_ends_the_work_for_it(url: str) -> None:
    assert httpx.post(f"{url}/models/org/writes", json={"inputs": "a"}, timeout=60).status_code == 200
    endless = {"inputs": "sleep0.05", "parameters": {"max_new_tokens": 1000}}
    with pytest.raises(httpx.TimeoutException):
        httpx.post(f"{url}/models/org/writes", json=endless, timeout=0.5)
    until(lambda: chunks(url) == chunks(url, after=0.5))


def chunks(url: str, after: float = 0.0) -> float:
    time.sleep(after)
    text = httpx.get(f"{url}/metrics", timeout=60).text
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith("chunks_total"))


def test_many_callers_at_once_each_get_their_own_answer(url: str) -> None:
    answers: dict[int, object] = {}

    def ask(length: int) -> None:
        body = {"inputs": "x" * length}
        answers[length] = httpx.post(f"{url}/models/org/a", json=body, timeout=60).json()

    threads = [threading.Thread(target=ask, args=(length,)) for length in range(1, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {length: [length, 1] for length in range(1, 40)}
