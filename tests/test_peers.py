"""What the suites of peers ask and assert of our tasks, replayed against every library that serves the task."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import av
import httpx
import numpy as np
import pytest
from inference_common.tasks import TASKS
from jsonschema import Draft202012Validator
from PIL import Image

from .peers.cases import Ask, Case, ask, cases
from .peers.facts import FACTS
from .servers import Server
from .test_contract import assert_close, nameless

ALONE = "each as alone"
LEAST_SAMPLES = 100  # of a sound: tiny models speak shortly
ROUNDS = 3
MOST_SHOWN = 300  # characters of an answer


def cases_of(task: str) -> list[Case]:
    return [case for case in cases() if task in case.tasks]


@pytest.mark.applies(when=cases_of)
def test_what_peers_assert(served: Server) -> None:
    wrong = [f"{case.seen}: {found}" for case in cases_of(served.task) for found in faults(served, case)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.applies(when=cases_of)
def test_requests_at_once_get_what_each_alone_gets(served: Server) -> None:
    asked = [ask(case.send) for case in cases_of(served.task) if case.status == 200]
    alone = [post(served, request) for request in asked]
    steady = [n for n, request in enumerate(asked) if not faults_of_repeat(post(served, request), alone[n])]
    assert steady
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: post(served, asked[n]), steady * ROUNDS))
    pairs = zip(answers, steady * ROUNDS, strict=True)
    wrong = [f"{asked[n]}: {fault}" for answer, n in pairs for fault in faults_of_repeat(answer, alone[n])]
    assert not wrong, "\n".join(wrong)[:MOST_SHOWN]


def faults_of_repeat(answer: httpx.Response, first: httpx.Response) -> list[str]:
    """What an answer differs in from the first one to the same request: sampled text does, and is left out."""
    if answer.status_code != first.status_code:
        return [f"{answer.status_code} is not {first.status_code}"]
    if answer.headers["content-type"] != "application/json":
        return [] if answer.headers["content-type"] == first.headers["content-type"] else ["another medium"]
    return [*differences(answer.json(), first.json())]


def test_cases_are_of_known_tasks_and_facts() -> None:
    assert {task for case in cases() for task in case.tasks} <= TASKS.keys()
    assert {name for case in cases() for name in case.holds} <= {*FACTS, ALONE}
    assert len({(case.seen, str(case.tasks)) for case in cases()}) == len(cases())


def post(server: Server, request: Ask) -> httpx.Response:
    return server.client.post(request.path, content=request.body, headers=request.headers, params=request.query)


def faults(server: Server, case: Case) -> Iterator[str]:
    """What does not hold of the answer to one case."""
    request = ask(case.send)
    answer = post(server, request)
    if case.refused and answer.status_code in {400, 404, 424} and case.refused in answer.text:
        return
    if answer.status_code != case.status:
        yield f"{answer.status_code} {answer.text[:MOST_SHOWN]}"
        return
    yield from (
        f"{name}: {answer.headers.get(name)}"
        for name, pattern in case.headers.items()
        if not re.fullmatch(pattern, answer.headers.get(name, ""))
    )
    if case.media:
        yield from () if is_read(answer, case.media) else (f"no {case.media}: {answer.headers}",)
        return
    value = answer.json()
    errors = Draft202012Validator(case.schema).iter_errors(value)
    yield from (f"{error.json_path}: {error.message[:MOST_SHOWN]}" for error in errors)
    facts = [name for name in case.holds if name != ALONE]
    yield from (f"not so: {name}: {str(value)[:MOST_SHOWN]}" for name in facts if not FACTS[name](value, request))
    if case.same is not None:
        yield from differences(value, post(server, ask(case.same)).json())
    if ALONE in case.holds:
        yield from batch_faults(server, request, value)


def batch_faults(server: Server, request: Ask, value: Any) -> Iterator[str]:
    """Where an element of a batch is not the answer to its input alone, or not at its place."""
    name = next(key for key in ("inputs", "input", "prompt") if key in request.json)
    for number, one in enumerate(request.json[name]):
        body = json.dumps({**request.json, name: [one]}).encode()
        single = post(server, Ask(request.path, body, request.headers, request.query)).json()
        yield from differences(element(value, number), element(single, 0))


def element(answer: Any, number: int) -> Any:
    """One answer of a batch; of OpenAI's shapes, without its number in the batch."""
    if isinstance(answer, list):
        return answer[number]
    listed = answer.get("data", answer.get("choices"))
    found = next(part for part in listed if part["index"] == number)
    return {key: part for key, part in found.items() if key != "index"}


def differences(left: Any, right: Any) -> Iterator[str]:
    """What two answers differ in, but for rounding."""
    try:
        assert_close(numbers(nameless(left)), numbers(nameless(right)))
    except AssertionError:
        yield f"{str(left)[:MOST_SHOWN]} is not {str(right)[:MOST_SHOWN]}"


def numbers(value: Any) -> Any:
    """The answer with OpenAI's embeddings in base64 as the numbers that they are."""
    if isinstance(value, list):
        return [numbers(part) for part in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("embedding"), str):
        floats = np.frombuffer(base64.b64decode(value["embedding"]), "<f4")
        return {**value, "embedding": floats.tolist()}
    return {name: numbers(part) for name, part in value.items()}


def is_read(answer: httpx.Response, medium: str) -> bool:
    """Whether a binary answer can be opened, and is of some size."""
    if medium == "image":
        with Image.open(io.BytesIO(answer.content)) as image:
            return min(image.size) > 1
    with av.open(io.BytesIO(answer.content), "r") as sound:
        return bool(sum(frame.samples for frame in sound.decode(audio=0)) > LEAST_SAMPLES)
