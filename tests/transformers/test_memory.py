"""What a call will take is known by the network's configuration, and refused before it is taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from scripts.images import library

from ..conftest import tiny_model
from ..servers import Server, start_process


@contextmanager
def limited(task: str, mib: int) -> Iterator[Server]:
    """A server of a task's tiny model, whose requests may take so much."""
    known = library("transformers")
    server = start_process(known, task, str(tiny_model(known, task)), MAX_REQUEST_MEMORY_MIB=str(mib))
    try:
        yield server
    finally:
        server.client.close()
        assert server.stop() == 0


def told(answer: httpx.Response) -> str:
    """The reason of a refusal for memory."""
    assert answer.status_code == 413, answer.text
    error: str = answer.json()["error"]
    assert "MAX_REQUEST_MEMORY_MIB" in error
    return error


def test_a_text_whose_attention_would_not_fit_is_told_how_long_it_may_be() -> None:
    with limited("text2text-generation", 200) as server:
        error = told(server.client.post("/", json={"inputs": "a " * 12_000}))
        fits = int(re.search(r"about ([\d,]+) would fit", error)[1].replace(",", ""))  # type: ignore[index]
        assert 1_000 < fits < 12_000
        answer = server.client.post("/", json={"inputs": "a " * (fits // 2), "parameters": {"max_new_tokens": 2}})
        assert answer.status_code == 200, answer.text
        tokens = int(answer.headers["x-compute-tokens"])
        assert fits // 3 < tokens <= fits


def test_vectors_of_many_tokens_are_refused_before_they_are_made() -> None:
    with limited("feature-extraction", 50) as server:
        error = told(server.client.post("/", json={"inputs": ["a " * 400] * 1024}))
        assert "send fewer of these 1,024 inputs" in error
        assert server.client.post("/", json={"inputs": "a"}).status_code == 200
