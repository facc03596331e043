"""What a server tells of the memory of its requests, and when it lets go of it."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import orjson
import pytest
from conftest import Connect
from inference_common.routes.inference import PIECE_BYTES, respond
from inference_common.service import Answer
from inference_common.task import Encoded
from inference_common.units import MIB
from toys.waiting import until


def gauge(client: Any, name: str = "request_memory_bytes") -> int:
    (line,) = (line for line in client.get("/metrics").text.splitlines() if line.startswith(f"{name} "))
    return int(float(line.split()[1]))


def test_the_budget_is_told(connect: Connect) -> None:
    client = connect(max_request_memory_mib=7)
    assert client.get("/info").json()["limits"]["request_memory_bytes"] == 7 * MIB
    assert gauge(client, "request_memory_budget_bytes") == 7 * MIB


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/", b'{"inputs": "a"}', 200),
        ("/", b'{"inputs": "fail"}', 424),
        ("/", b'{"inputs": 7}', 400),
        ("/models/other", b'{"inputs": "a"}', 404),
        ("/v1/embeddings", b'{"input": "a"}', 200),
        ("/", b'{"inputs": "sleep 1"}', 504),
        ("/", b" " * 8 * MIB, 413),
    ],
)
def test_all_is_released_whatever_comes_of_a_request(connect: Connect, path: str, body: bytes, status: int) -> None:
    client = connect(max_request_memory_mib=7, timeout=0.2)
    assert client.post(path, content=body).status_code == status
    until(lambda: gauge(client) == 0)


def test_a_stream_holds_its_request_until_its_end(connect: Connect) -> None:
    client = connect(task="text-generation")
    body = orjson.dumps({"inputs": "sleep0.1 a b", "parameters": {"stream": True, "max_new_tokens": 3}})
    with client.stream("POST", "/", content=body) as answer:
        assert answer.status_code == 200
        assert answer.read().count(b"data: ") == 3
    until(lambda: gauge(client) == 0)


@pytest.mark.parametrize("size", [1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES])
def test_a_large_answer_is_sent_in_pieces(size: int) -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        raise AssertionError("nothing is left to receive")

    body = bytes(range(256)) * (size // 256) + bytes(size % 256)
    response = respond(Answer([], 0, {}), Encoded(body, "image/png"))
    asyncio.run(response({"type": "http"}, receive, send))
    start, *pieces = sent
    assert (b"content-length", b"%d" % size) in start["headers"]
    assert b"".join(piece["body"] for piece in pieces) == body
    assert [piece.get("more_body", False) for piece in pieces] == [True] * (len(pieces) - 1) + [False]
    assert len(pieces) == max(1, -(-size // PIECE_BYTES))
