"""Every method of the official clients, of every release: each parses our answer, and gets what the model said."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from .calls import CALLS, ELSEWHERE, NOT_IN_ANY_CLIENT, Call
from .official import HUB_RELEASES, call_javascript, call_python
from .servers import Server
from .test_contract import assert_close

AGENTS = {"current": "hf_hub/2.4.0", "0.36": "hf_hub/0.36.2", "0.23": "hf_hub/0.23.5"}
pytestmark = pytest.mark.process_only  # a client cannot tell a container


def called(task: str) -> Call | None:
    """The task's call; None where no client has one, or other tests have it."""
    return None if task in NOT_IN_ANY_CLIENT | ELSEWHERE else CALLS[task]


def has_python(task: str, release: str) -> bool:
    """Whether that release of huggingface_hub has a method for the task."""
    call = called(task)
    return bool(call and call.python and (release == "current" or float(release) >= float(call.since)))


def has_javascript(task: str) -> bool:
    """Whether @huggingface/inference has a method for the task."""
    call = called(task)
    return bool(call and call.javascript)


@pytest.mark.applies(when=has_python)
@pytest.mark.parametrize("release", HUB_RELEASES)
def test_python(served: Server, release: str) -> None:
    call = CALLS[served.task]
    assert call.python is not None
    method, keywords = call.python
    if release == "0.23":
        keywords = {call.in_0_23.get(name, name): value for name, value in keywords.items()}
    answer = call_python(release, str(served.client.base_url), [(method, keywords)])[0]
    assert_close(answer, without_nulls(call.python_reads(said(served, call.body, AGENTS[release]))))


@pytest.mark.applies(when=has_javascript)
def test_javascript(served: Server) -> None:
    call = CALLS[served.task]
    assert call.javascript is not None
    answer = call_javascript(str(served.client.base_url), [call.javascript])[0]
    assert_close(answer, call.javascript_reads(said(served, call.body, "@huggingface/inference/4.13.30")))


def said(server: Server, body: dict[str, Any], agent: str) -> Any:
    """The server's own answer to that client: JSON, or a medium's bytes as the clients' programs tell them."""
    answer = server.client.post("/", json=body, headers={"user-agent": agent})
    assert answer.status_code == 200, answer.text
    if answer.headers["content-type"] == "application/json":
        return answer.json()
    return {"$bytes": base64.b64encode(answer.content).decode()}


def without_nulls(value: Any) -> Any:
    """As the Python client's answers are told: an object's empty fields are left out."""
    if isinstance(value, dict):
        return {name: without_nulls(part) for name, part in value.items() if part is not None}
    return [without_nulls(part) for part in value] if isinstance(value, list) else value
