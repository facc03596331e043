"""The contract, written once: every library, every task, every payload, against a real server process."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import orjson
import pytest
from huggingface_hub import InferenceClient
from inference_common.codecs.media import MediaInput
from inference_common.task import Payload
from inference_common.tasks import TASKS
from numpy.typing import NDArray
from PIL import Image

from .servers import Server

OWN = ("id", "created")
ROUNDS = 20  # a tiny model may be done before this test has begun to look
PNG = base64.b64encode(b"\x89PNG\r\n").decode()


def post(server: Server, payload: Payload) -> httpx.Response:
    headers = {} if payload.content_type is None else {"content-type": payload.content_type}
    return server.client.post("/", content=payload.body, headers=headers, params=payload.query)


def test_good_payloads_are_answered(served: Server) -> None:
    for payload in TASKS[served.task].good:
        answer = post(served, payload)
        assert answer.status_code == 200, (payload, answer.text)
        assert answer.content
        assert answer.headers["x-compute-type"] in {"cpu", "cpu+optimized", "gpu"}
        assert any(name.startswith("x-compute-") for name in set(answer.headers) - {"x-compute-type", "x-compute-time"})
        assert answer.headers["x-request-id"]


@pytest.mark.defect(18)
def test_bad_payloads_get_their_status_and_a_helpful_error(served: Server) -> None:
    for bad in TASKS[served.task].bad:
        answer = post(served, bad.payload)
        assert answer.status_code == bad.status, (bad, answer.text)
        assert bad.mentions in answer.json()["error"]
    assert served.client.get("/ready").status_code == 200


def test_what_some_models_cannot_do_is_answered_or_refused_with_the_reason(served: Server) -> None:
    for optional in TASKS[served.task].optional:
        answer = post(served, optional.payload)
        refused = answer.status_code == optional.status and optional.mentions in answer.json()["error"]
        assert answer.status_code == 200 or refused, (optional, answer.text)


@pytest.mark.applies(when=lambda task: TASKS[task].input.batches)
def test_a_batch_equals_its_singles(served: Server) -> None:
    asked = orjson.loads(TASKS[served.task].good[0].body)
    answers = served.client.post("/", json={**asked, "inputs": [asked["inputs"]] * 2}).json()
    alone = served.client.post("/", json={**asked, "inputs": [asked["inputs"]]}).json()
    assert len(answers) == 2
    assert len(alone) == 1
    for answer in answers:
        assert_close(answer, alone[0])


def raw_payloads(task: str) -> list[Payload]:
    """The good payloads that are the text or the medium alone, without JSON around it."""
    return [payload for payload in TASKS[task].good if payload.body[:1] not in b'{["']


@pytest.mark.applies(when=raw_payloads)
def test_raw_and_json_agree(served: Server) -> None:
    task = TASKS[served.task]
    for payload in raw_payloads(served.task):
        is_medium = isinstance(task.input, MediaInput)
        inputs = base64.b64encode(payload.body).decode() if is_medium else payload.body.decode()
        asked = {"inputs": inputs, "parameters": {name: orjson.loads(text) for name, text in payload.query.items()}}
        assert_same(served.client.post("/", json=asked), post(served, payload))


def test_many_at_once_get_what_one_alone_gets(served: Server) -> None:
    payload = TASKS[served.task].good[0]
    alone = post(served, payload)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(served, payload), range(16)))
    for answer in answers:
        assert_same(answer, alone)


def assert_same(left: httpx.Response, right: httpx.Response) -> None:
    """Both are answered, and alike: JSON up to rounding, media in their type."""
    assert left.status_code == right.status_code == 200, (left.text, right.text)
    assert left.headers["content-type"] == right.headers["content-type"]
    if left.headers["content-type"] == "application/json":
        assert_close(nameless(left.json()), nameless(right.json()))


def nameless(answer: object) -> object:
    """An answer without what OpenAI's form gives each one of its own."""
    return {name: part for name, part in answer.items() if name not in OWN} if isinstance(answer, dict) else answer


def assert_close(left: object, right: object) -> None:
    """Equal, but for numbers, which may differ by 1e-4, and pixels, which that may round to the next level."""
    if isinstance(left, dict) and isinstance(right, dict):
        assert left.keys() == right.keys()
        for key in left:
            assert_close(left[key], right[key])
    elif isinstance(left, list) and isinstance(right, list):
        assert len(left) == len(right)
        for one, other in zip(left, right, strict=True):
            assert_close(one, other)
    elif isinstance(left, float) and isinstance(right, float):
        assert left == pytest.approx(right, abs=1e-4)
    elif isinstance(left, str) and isinstance(right, str) and left.startswith(PNG) and right.startswith(PNG):
        np.testing.assert_allclose(pixels(left), pixels(right), atol=1)
    else:
        assert left == right


def pixels(encoded: str) -> NDArray[np.int64]:
    """The levels of a picture, of shape (height, width) or (height, width, channels)."""
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as image:
        return np.asarray(image, dtype=np.int64)


@pytest.mark.defect(13)
def test_what_one_request_asks_changes_nothing_for_the_next(served: Server) -> None:
    first, *others = TASKS[served.task].good
    before = post(served, first)
    for payload in others:
        post(served, payload)
    assert_same(post(served, first), before)


@pytest.mark.defect(1)
def test_health_answers_while_the_model_works(served: Server) -> None:
    payload = TASKS[served.task].good[0]
    if TASKS[served.task].input.batches:
        asked = orjson.loads(payload.body)
        payload = Payload(orjson.dumps({**asked, "inputs": [asked["inputs"]] * 25}))
    seen = 0
    with ThreadPoolExecutor(8) as pool:
        for _ in range(ROUNDS):
            busy = [pool.submit(post, served, payload) for _ in range(8)]
            while not all(one.done() for one in busy):
                assert served.client.get("/health").status_code == 200
                seen += 1
            assert {one.result().status_code for one in busy} == {200}
            if seen:
                break
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
        np.testing.assert_allclose(calls[served.task](), np.ravel(expected), atol=1e-5)


def test_hostile_bodies_leave_a_living_server(served: Server) -> None:
    bombs = {
        b"": 400,
        b"[" * 100_000: 400,
        b'{"inputs":' * 10_000: 400,
        b'{"inputs": "\xff\xfe"}': 400,
        b" " * 50_000_000: 413,
    }
    for body, status in bombs.items():
        answer = post(served, Payload(body))
        assert answer.status_code == status, answer.text
        assert answer.json()["error"]
    assert served.client.get("/ready").status_code == 200
