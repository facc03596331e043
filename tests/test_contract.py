"""The contract, written once: every library, every task, every payload, against a real server process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import httpx
import numpy as np
import orjson
from huggingface_hub import InferenceClient
from inference_common.task import Payload
from inference_common.tasks import TASKS

from .servers import Server


def post(server: Server, payload: Payload) -> httpx.Response:
    headers = {} if payload.content_type is None else {"content-type": payload.content_type}
    return server.client.post("/", content=payload.body, headers=headers)


def test_good_payloads_are_answered(served: Server) -> None:
    for payload in TASKS[served.task].good:
        answer = post(served, payload)
        assert answer.status_code == 200, (payload, answer.text)
        assert isinstance(answer.json(), list)
        assert answer.headers["x-compute-type"] in {"cpu", "gpu"}
        assert int(answer.headers["x-compute-tokens"]) > 0
        assert answer.headers["x-request-id"]


def test_bad_payloads_get_their_status_and_a_helpful_error(served: Server) -> None:
    for bad in TASKS[served.task].bad:
        answer = post(served, bad.payload)
        assert answer.status_code == bad.status, (bad, answer.text)
        assert bad.mentions in answer.json()["error"]
    assert served.client.get("/ready").status_code == 200


def test_a_batch_equals_its_singles(served: Server) -> None:
    single = orjson.loads(TASKS[served.task].good[0].body)["inputs"]
    answers = served.client.post("/", json={"inputs": [single, single]}).json()
    alone = served.client.post("/", json={"inputs": single}).json()
    assert len(answers) == 2
    for answer in answers:
        np.testing.assert_allclose(_numbers(answer), _numbers(alone), atol=1e-4)


def _numbers(answer: object) -> list[float]:
    if isinstance(answer, dict):
        return [number for value in answer.values() for number in _numbers(value)]
    if isinstance(answer, list):
        return [number for value in answer for number in _numbers(value)]
    assert isinstance(answer, int | float)
    return [float(answer)]


def test_health_answers_while_a_batch_runs(served: Server) -> None:
    single = orjson.loads(TASKS[served.task].good[0].body)["inputs"]
    statuses: list[int] = []

    def work() -> None:
        with httpx.Client(base_url=served.client.base_url, timeout=60) as client:
            statuses.append(client.post("/", json={"inputs": [single] * 300}).status_code)

    busy = threading.Thread(target=work)
    busy.start()
    seen = 0
    while busy.is_alive():
        assert served.client.get("/health").status_code == 200
        seen += 1
        time.sleep(0.01)
    busy.join()
    assert statuses == [200]
    assert seen > 0


def test_the_official_client_gets_what_the_model_said(served: Server) -> None:
    client = InferenceClient(model=str(served.client.base_url))
    calls: dict[str, Callable[[], list[float]]] = {
        "feature-extraction": lambda: client.feature_extraction("hello").ravel().tolist(),
        "sentence-similarity": lambda: client.sentence_similarity("a cat", other_sentences=["a kitten", "a lorry"]),
    }
    inputs = {
        "feature-extraction": "hello",
        "sentence-similarity": {"source_sentence": "a cat", "sentences": ["a kitten", "a lorry"]},
    }
    if served.task in calls:
        expected = served.client.post("/", json={"inputs": inputs[served.task]}).json()
        np.testing.assert_allclose(calls[served.task](), expected, atol=1e-5)


def test_hostile_bodies_leave_a_living_server(served: Server) -> None:
    texts = orjson.dumps({"inputs": ["x"] * 10_000})
    bombs = {
        b"": 400,
        b"[" * 100_000: 400,
        b'{"inputs":' * 10_000: 400,
        b'{"inputs": "\xff\xfe"}': 400,
        b" " * 50_000_000: 413,
        texts: 413,
    }
    for body, status in bombs.items():
        answer = served.client.post("/", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == status, answer.text
        assert answer.json()["error"]
    assert served.client.get("/ready").status_code == 200
