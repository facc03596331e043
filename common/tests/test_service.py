import asyncio
import threading
import time
from collections.abc import MutableMapping
from typing import Any

import pytest
from conftest import Connect
from inference_common.service import DECODERS, Service
from starlette.requests import ClientDisconnect, Request
from toys.pipelines.feature_extraction import ToyFeatures


def test_a_slow_answer_is_a_504(connect: Connect) -> None:
    answer = connect(timeout=0.05).post("/", json={"inputs": "sleep 0.3"})
    assert answer.status_code == 504
    assert "0.05 s" in answer.json()["error"]


@pytest.mark.defect(11)
def test_a_large_body_is_a_413_told_or_not(connect: Connect) -> None:
    client = connect(max_body_bytes=10)
    told = client.post("/", content=b"x" * 11)
    untold = client.post("/", content=iter([b"x" * 6, b"x" * 6]))
    assert told.status_code == untold.status_code == 413
    assert "10 bytes" in told.json()["error"]


@pytest.mark.defect(11)
def test_a_full_queue_is_a_429(connect: Connect) -> None:
    client = connect(max_queue=1, max_inputs=1, max_batch_size=1)
    service: Service = client.app.state.service  # type: ignore[attr-defined]
    assert service.models.pinned is not None
    service.models.pinned.batcher._max_queue = 0
    answer = client.post("/", json={"inputs": "a"})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


def test_a_body_that_never_comes_is_a_408(connect: Connect) -> None:
    service: Service = connect(body_timeout=0.05).app.state.service  # type: ignore[attr-defined]

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.sleep(5)
        raise AssertionError("asked for too long")

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    with pytest.raises(Exception, match=r"did not arrive within 0\.05 s"):
        asyncio.run(service.read_body(request))


def test_inputs_are_preprocessed_before_all_else(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ToyFeatures, "preprocess", lambda self, inputs: f"{inputs} and more")
    answer = connect().post("/", json={"inputs": ["one", "two words"]})
    assert answer.json() == [[12, 3], [18, 4]]
    assert answer.headers["x-compute-tokens"] == "7"


def test_what_is_light_is_not_handed_to_a_thread(connect: Connect) -> None:
    service: Service = connect().app.state.service  # type: ignore[attr-defined]

    async def where(*, light: bool) -> bool:
        return await service.in_thread(None, threading.current_thread, light=light) is threading.current_thread()

    assert asyncio.run(where(light=True))
    assert not asyncio.run(where(light=False))


def test_whoever_leaves_gets_no_thread(connect: Connect) -> None:
    service: Service = connect().app.state.service  # type: ignore[attr-defined]
    may_end, calls = threading.Event(), []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    async def leave() -> None:
        request = Request({"type": "http", "method": "POST", "headers": []}, receive)
        with pytest.raises(ClientDisconnect):
            await service.in_thread(request, lambda: calls.append("left"))

    async def run() -> None:
        busy = [asyncio.create_task(service.in_thread(None, lambda: may_end.wait(20))) for _ in range(DECODERS)]
        try:
            while service._decoders.available_tokens:
                await asyncio.sleep(0.01)
            await asyncio.wait_for(asyncio.gather(leave(), leave()), 10)
        finally:
            may_end.set()
        assert await asyncio.gather(*busy) == [True] * DECODERS
        await service.in_thread(None, lambda: calls.append("next"))

    asyncio.run(run())
    assert calls == ["next"]


def test_health_answers_while_the_model_runs(connect: Connect) -> None:
    from concurrent.futures import ThreadPoolExecutor

    client = connect()
    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(client.post, "/", json={"inputs": "sleep 0.5"})
        time.sleep(0.1)
        assert client.get("/health").status_code == 200
        assert not busy.done()
        assert busy.result().status_code == 200
