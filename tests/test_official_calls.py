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


@pytest.mark.parametrize("release", HUB_RELEASES)
def test_python(served: Server, release: str) -> None:
    call = of(served.task)
    if call.python is None or (release != "current" and float(release) < float(call.since)):
        pytest.skip(f"huggingface_hub {release} has no method for it")
    method, keywords = call.python
    if release == "0.23":
        keywords = {call.in_0_23.get(name, name): value for name, value in keywords.items()}
    answer = call_python(release, str(served.client.base_url), [(method, keywords)])[0]
    assert_close(answer, without_nulls(call.python_reads(said(served, call.body, AGENTS[release]))))


def test_javascript(served: Server) -> None:
    call = of(served.task)
    if call.javascript is None:
        pytest.skip("@huggingface/inference has no method for it")
    answer = call_javascript(str(served.client.base_url), [call.javascript])[0]
    assert_close(answer, call.javascript_reads(said(served, call.body, "@huggingface/inference/4.13.30")))


def of(task: str) -> Call:
    """The task's call; each task has one, or is known to be in no client."""
    if task in NOT_IN_ANY_CLIENT:
        pytest.skip("no official client has a method for it")
    if task in ELSEWHERE:
        pytest.skip("tested elsewhere")
    return CALLS[task]


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
