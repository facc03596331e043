import asyncio
import json
from collections.abc import AsyncGenerator, MutableMapping
from typing import Any

import pytest
from conftest import Connect
from inference_common.routes.sse import EventStream

TASK = {"task": "text-generation"}


def events(answer: Any) -> list[dict[str, Any]]:
    assert answer.headers["content-type"] == "text/event-stream"
    parts = answer.text.split("\n\n")
    assert parts.pop() == ""
    assert all(part.startswith("data: ") for part in parts)
    return [json.loads(part.removeprefix("data: ")) for part in parts]


def ask(connect: Connect, inputs: object, *, max_new_tokens: int = 3, **settings: Any) -> Any:
    body = {"inputs": inputs, "stream": True, "parameters": {"max_new_tokens": max_new_tokens}}
    return connect(**TASK, **settings).post("/", json=body)


def test_each_token_is_an_event(connect: Connect) -> None:
    answer = ask(connect, "a b")
    told = events(answer)
    assert [one["token"]["text"] for one in told] == [" a", " b", " a"]
    assert [one["generated_text"] for one in told] == [None, None, " a b a"]
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-compute-type"] == "cpu"
    assert answer.headers["x-compute-characters"] == "3"


def test_stream_may_stand_among_the_parameters(connect: Connect) -> None:
    answer = connect(**TASK).post("/", json={"inputs": "a", "parameters": {"stream": True, "max_new_tokens": 2}})
    assert len(events(answer)) == 2


def test_an_error_before_the_first_event_has_its_status(connect: Connect) -> None:
    answer = ask(connect, "fail")
    assert answer.status_code == 424
    assert "this word cannot be said" in answer.json()["error"]


def test_an_error_after_that_is_an_event(connect: Connect) -> None:
    *_, last = events(ask(connect, "a fail"))
    assert last["error_type"] == "generation"
    assert "this word cannot be said" in last["error"]


def test_time_runs_out_before_the_first_event_or_after(connect: Connect) -> None:
    assert ask(connect, "sleep0.3", timeout=0.05).status_code == 504
    *_, last = events(ask(connect, "a sleep0.3", timeout=0.1))
    assert last["error_type"] == "incomplete_generation"
    assert "0.1 s" in last["error"]


def test_more_than_one_input_cannot_be_streamed(connect: Connect) -> None:
    answer = ask(connect, ["a", "b"])
    assert answer.status_code == 400
    assert "one input" in answer.json()["error"]


def test_a_full_queue_is_a_429(connect: Connect) -> None:
    client = connect(**TASK)
    client.app.state.service.models.pinned.streams._max_queue = 0  # type: ignore[attr-defined]
    for stream in (False, True):
        assert client.post("/", json={"inputs": "a", "stream": stream}).status_code == 429


def test_without_stream_the_answer_is_whole(connect: Connect) -> None:
    answer = connect(**TASK).post("/", json={"inputs": ["a", "b c"], "parameters": {"max_new_tokens": 2}})
    assert answer.json() == [{"generated_text": " a a"}, {"generated_text": " b c"}]


def test_a_bug_of_ours_breaks_no_stream_without_a_word(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    client = connect(**TASK)
    service = client.app.state.service  # type: ignore[attr-defined]
    streamed = service.models.pinned.streams.stream

    async def broken(*arguments: Any) -> AsyncGenerator[Any, None]:
        async for piece in streamed(*arguments):
            yield piece
            raise RuntimeError("secret")

    monkeypatch.setattr(service.models.pinned.streams, "stream", broken)
    *_, last = events(client.post("/", json={"inputs": "a", "stream": True}))
    assert last == {"error": "An internal error occurred", "error_type": "generation"}


def test_a_server_that_stops_says_so_and_closes_its_stream() -> None:
    sent: list[MutableMapping[str, Any]] = []
    closed = asyncio.Event()

    async def endless() -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield b"data: 1\n\n"
                await asyncio.sleep(0.01)
        finally:
            closed.set()

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def run() -> None:
        stream = asyncio.ensure_future(
            EventStream(endless(), {}, 60)({"type": "http", "path": "/", "headers": []}, receive, send)
        )
        await asyncio.sleep(0.05)
        stream.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stream

    asyncio.run(run())
    assert closed.is_set()
    assert b"stopped before" in sent[-1]["body"]
