"""Every request that a release of an official client sends, replayed: answered, in a shape that this release reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.errors import ValidationError
from inference_common.codecs.openai import DONE
from inference_common.tasks import TASKS

from .recorded import Recorded, alike, answers, recorded
from .servers import Server
from .test_contract import assert_same, post

CHATS = ("chat-completion", "image-text-to-text")  # whose parameters stand at the root
NOT_TOLD_APART = frozenset({"image-segmentation", "zero-shot-classification"})
"""Tasks whose answers @huggingface/inference reads otherwise than other programs of Node.js, and gets as they do until
it says its name (3.1)."""
KNOW_NO_BATCHES = frozenset({"zero-shot-classification"})
"""Tasks whose releases pass a list of texts on, and have no type for its answer: an element for each."""
KNOW_NO_TOP_K: Mapping[str, tuple[str, ...]] = {"question-answering": ("list",)}
"""Answers to a parameter that releases pass on which do not know of it, and so of its answer."""
OF_ANY_DEPTH = frozenset({"feature-extraction"})
"""Tasks whose answers are numbers in lists of any depth, for all releases: some models answer for each token."""
pytestmark = pytest.mark.process_only  # what is sent is the same for a container


@pytest.mark.applies(when=recorded)
def test_every_release_reads_its_answer(served: Server) -> None:
    name = served.client.get("/info").json()["models"][0]["model"]
    wrong = [f"{one}\n  {problem}" for one in recorded(served.task) for problem in problems(served, name, one)]
    assert not wrong, "\n".join(wrong)


def problems(server: Server, name: str, one: Recorded) -> list[str]:
    """What is wrong with the answers that the releases of a record get, one each."""
    path = one.path.replace("org/name", name)
    found = []
    for agent in sorted(one.agents):
        headers = {**one.headers, "user-agent": agent}
        answer = server.client.request(one.verb, path, content=one.body, headers=headers)
        if not (is_read(server.task, one, agent, answer) if answer.status_code == 200 else is_refused(one, answer)):
            found.append(f"{agent}: {answer.status_code} {answer.text[:500]}")
    return found


def is_refused(one: Recorded, answer: httpx.Response) -> bool:
    """Whether a model refuses a parameter that not every model of the task has, by its name."""
    error = answer.json()
    names = one.parameters().keys() - {"inputs", "parameters"}
    if answer.status_code != 400 or error["error"].startswith("Unknown") or error["error_type"] != "validation":
        return False
    return any(word in error["error"] for name in names for word in (name, name.partition("_")[0]))


def is_read(task: str, one: Recorded, agent: str, answer: httpx.Response) -> bool:
    """Whether an answer is one of those that the releases were seen to read, as far as they can be told apart."""
    if agent == "node" and task in NOT_TOLD_APART:
        return True
    if isinstance(one.given, dict) and isinstance(one.given.get("inputs"), list) and task in KNOW_NO_BATCHES:
        return len(answer.json()) == len(one.given["inputs"])
    if task in OF_ANY_DEPTH:
        return are_numbers(answer.json())
    names = one.reads
    if one.parameters().get("top_k", 1) != 1:
        names += KNOW_NO_TOP_K.get(task, ())
    return any(is_like(answer, answers(f"{task} stream" if one.streams else task, name)) for name in names)


def are_numbers(answer: Any) -> bool:
    """Whether an answer is a list of numbers, or of such lists."""
    if isinstance(answer, list):
        return bool(answer) and all(map(are_numbers, answer))
    return isinstance(answer, float)


def is_like(answer: httpx.Response, read: Mapping[str, Any]) -> bool:
    """Whether an answer is of the media type, and built as, one that is read."""
    media = answer.headers["content-type"]
    if "sample" in read:
        return media.partition("/")[0] == read["type"].partition("/")[0] and len(answer.content) > 0
    if "events" not in read:
        return media == "application/json" and alike(answer.json(), read["json"])
    texts = [event.removeprefix("data: ") for event in answer.text.split("\n\n")[:-1]]
    events = [text if text == DONE else json.loads(text) for text in texts]
    ends_alike = (events[-1] == DONE) == (read["events"][-1] == DONE)
    return ends_alike and all(any(alike(event, one) for one in read["events"]) for event in events)


@pytest.mark.applies(when=lambda task: task == "text-generation")
def test_the_python_client_raises_by_the_kind_of_error(served: Server) -> None:
    with pytest.raises(ValidationError, match="top_p"):
        InferenceClient(str(served.client.base_url)).text_generation("a", top_p=7.0)


@pytest.mark.applies(when=lambda task: TASKS[task].params.model_fields and task not in CHATS)
def test_null_is_left_out(served: Server) -> None:
    payload = TASKS[served.task].good[0]
    if payload.content_type != "application/json":
        payload = next(one for one in TASKS[served.task].good if one.body[:1] == b"{")
    asked = json.loads(payload.body)
    left_out = {name: None for name, field in TASKS[served.task].params.model_fields.items() if not field.is_required()}
    params = {**left_out, **asked.get("parameters", {})}
    nulls = served.client.post("/", json={**asked, "parameters": params, "options": None, "model": None})
    assert_same(nulls, post(served, payload))


@pytest.mark.first_task
@pytest.mark.parametrize("about", ["health", "info"])
def test_every_release_is_told_of_the_server(served: Server, about: str) -> None:
    asked = recorded(about)
    assert asked
    for one in asked:
        answer = served.client.request(one.verb, one.path, headers=dict(one.headers))
        assert answer.status_code == 200, str(one)
        assert isinstance(answer.json(), dict)
