from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import Connect
from inference_common.openai_errors import error_body
from starlette.types import Scope

HUB = ("hf_hub/1.4.0; python/3.11", "@huggingface/inference/4.13.30")
TASK: dict[str, Any] = {"task": "text-generation"}


def scope(path: str, agent: str = "OpenAI/Python 2.9.0") -> Scope:
    return {"type": "http", "path": path, "headers": [(b"user-agent", agent.encode())]}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"), (401, "authentication_error"), (403, "permission_error"),
        (404, "not_found_error"), (413, "invalid_request_error"), (429, "rate_limit_error"), (503, "server_error"),
    ],
)  # fmt: skip
def test_an_error_is_an_object_under_v1(status: int, kind: str) -> None:
    body = {"error": "why", "errors": [{"message": "x", "loc": "body.input"}], "estimated_time": 3.0}
    told = error_body(scope("/v1/embeddings"), status, body)
    assert told == {**body, "error": {"message": "why", "type": kind, "param": "input", "code": None}}


@pytest.mark.parametrize("path", ["/v1/none", "/models/org/a/v1/chat/completions", "/models/a/v1/embeddings"])
def test_so_it_is_at_every_path_of_openai(path: str) -> None:
    assert error_body(scope(path), 404, {"error": "why"})["error"]["message"] == "why"


@pytest.mark.parametrize("agent", HUB)
def test_the_hub_s_clients_read_a_string_everywhere(agent: str) -> None:
    body = {"error": "why"}
    assert error_body(scope("/v1/embeddings", agent), 400, body) == body


@pytest.mark.parametrize("path", ["/", "/models/v1/a", "/models/a/v1", "/rerank", "/v10/x"])
def test_other_paths_answer_a_string(path: str) -> None:
    body = {"error": "why"}
    assert error_body(scope(path), 400, body) == body


def test_a_server_answers_so(connect: Connect) -> None:
    client = connect(**TASK)
    answer = client.post("/v1/completions", json={"prompt": 7}).json()
    assert answer["error"]["type"] == "invalid_request_error"
    assert answer["error"]["param"].startswith("prompt")
    for agent in HUB:
        told = client.post("/v1/completions", json={"prompt": 7}, headers={"user-agent": agent}).json()
        assert told["error"] == answer["error"]["message"]
    assert client.post("/v1/nothing", json={}).json()["error"]["type"] == "not_found_error"


def test_a_stream_that_fails_tells_why(connect: Connect) -> None:
    client = connect(**TASK)
    asked = {"prompt": "a b fail", "stream": True, "max_tokens": 9}
    text = client.post("/v1/completions", json=asked).text
    last = json.loads(text.strip().rpartition("\n\n")[2].removeprefix("data: "))
    assert "this word cannot be said" in last["error"]["message"]
    assert last["error"]["type"] == "server_error"
    told = client.post("/v1/completions", json=asked, headers={"user-agent": HUB[0]}).text
    assert f'"error":"{last["error"]["message"]}"' in told
