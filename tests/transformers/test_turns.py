"""Turns that end by a special token, stops that are one, and what is told of prompts: by a model that says such tokens.

What it should say is told by the library's own `generate`, in `said.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.envs import python_of
from scripts.images import ROOT, library

from ..conftest import tiny_model
from ..servers import Server, start_process
from ..test_contract import assert_close

END = "<|im_end|>"
QUESTIONS = ("Is the dog happy?", "what a sunny day", "I love you", "hello, cat", "a car in Paris")
LONGEST = 256  # tokens that the model reads and writes


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    known = library("transformers")
    started = start_process(known, "chat-completion", str(tiny_model(known, "turns")))
    yield started
    started.client.close()
    assert started.stop() == 0


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    """By each prompt, what the library makes of it: tokens, texts, and the log-probabilities of the prompt's tokens."""
    known = library("transformers")
    program = Path(__file__).parent / "said.py"
    prompts = [prompt_of(question) for question in QUESTIONS]
    paths = {"PYTHONPATH": f"{known.folder}{os.pathsep}{ROOT / 'common' / 'src'}", "OMP_NUM_THREADS": "1"}
    command: list[str | Path] = [python_of(known), program, tiny_model(known, "turns"), *prompts]
    ran = subprocess.run(command, env={**os.environ, **paths}, capture_output=True, text=True, check=False, timeout=110)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert sum(one["ends"] for one in told) > len(told) / 2  # else these tests see nothing
    return dict(zip(prompts, told, strict=True))


def prompt_of(question: str) -> str:
    """What the model's template makes of a question."""
    return f"<|user|>{question}{END}<|assistant|>"


def texts_of(server: Server) -> str:
    """The path at which the model goes on with texts."""
    name = server.client.get("/v1/models").json()["data"][0]["id"]
    return f"/pipeline/text-generation/{name}"


def streamed(server: Server, path: str, body: dict[str, Any]) -> list[Any]:
    answer = server.client.post(path, json={**body, "stream": True})
    assert answer.headers["content-type"] == "text/event-stream", answer.text
    events = [line.removeprefix("data: ") for line in answer.text.splitlines() if line]
    assert events.pop() == "[DONE]"
    return [json.loads(event) for event in events]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_turn_ends_where_the_template_ends_it(server: Server, said: dict[str, Any], question: str) -> None:
    expected = said[prompt_of(question)]
    body = {"messages": [{"role": "user", "content": question}], "max_tokens": 60, "temperature": 0}
    answer = server.client.post("/v1/chat/completions", json=body).json()
    assert answer["choices"][0]["message"]["content"] == expected["turn"]
    assert answer["choices"][0]["finish_reason"] == expected["reason"]
    assert answer["usage"]["completion_tokens"] == expected["tokens"]
    first, *others, last = streamed(server, "/v1/chat/completions", body)
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert all("role" not in one["choices"][0]["delta"] for one in (*others, last))
    assert "".join(one["choices"][0]["delta"]["content"] for one in others) == expected["turn"]
    assert last["choices"][0]["finish_reason"] == answer["choices"][0]["finish_reason"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_stop_that_is_a_special_token_ends_the_text(server: Server, said: dict[str, Any], question: str) -> None:
    prompt, parameters = prompt_of(question), {"max_new_tokens": 60, "do_sample": False, "details": True}
    expected = said[prompt]
    for stop in ([END], ["nothing like it", END]):
        body = {"inputs": prompt, "parameters": {**parameters, "stop": stop}}
        (answer,) = server.client.post(texts_of(server), json=body).json()
        assert answer["generated_text"] == expected["turn"]
        ended = "stop_sequence" if expected["ends"] else {"stop": "eos_token"}.get(expected["reason"], "length")
        assert answer["details"]["finish_reason"] == ended
        assert answer["details"]["generated_tokens"] == expected["tokens"]
    whole = {"prompt": prompt, "max_tokens": 60, "temperature": 0, "stop": END}
    choice = server.client.post("/v1/completions", json=whole).json()["choices"][0]
    assert choice["text"] == expected["turn"]
    assert choice["finish_reason"] == expected["reason"]


def test_a_stop_may_hold_a_special_token_among_words(server: Server, said: dict[str, Any]) -> None:
    prompt, expected = next((prompt, one) for prompt, one in said.items() if one["ends"] and len(one["turn"]) > 3)
    stop, kept = f"{expected['turn'][-2:]}{END}", expected["turn"][:-2]
    body = {"prompt": prompt, "max_tokens": 60, "temperature": 0, "stop": stop}
    choice = server.client.post("/v1/completions", json=body).json()["choices"][0]
    assert (choice["text"], choice["finish_reason"]) == (kept, "stop")
    *told, end = streamed(server, "/v1/completions", body)
    assert "".join(one["choices"][0]["text"] for one in told) == kept
    assert end["choices"][0]["finish_reason"] == "stop"


def test_without_a_stop_a_text_goes_on_past_special_tokens(server: Server, said: dict[str, Any]) -> None:
    for prompt, expected in said.items():
        body = {"inputs": prompt, "parameters": {"max_new_tokens": 60, "do_sample": False, "details": True}}
        (answer,) = server.client.post(texts_of(server), json=body).json()
        assert answer["generated_text"] == expected["text"]
        special = [token["text"] for token in answer["details"]["tokens"] if token["special"]]
        assert special.count(END) == expected["all_ends"]


@pytest.mark.parametrize("question", QUESTIONS[:2])
def test_an_echo_tells_how_likely_the_prompt_was(server: Server, said: dict[str, Any], question: str) -> None:
    prompt = prompt_of(question)
    body = {"prompt": prompt, "max_tokens": 3, "temperature": 0, "echo": True, "logprobs": 2}
    choice = server.client.post("/v1/completions", json=body).json()["choices"][0]
    told, count = choice["logprobs"], len(said[prompt]["logprobs"])
    assert choice["text"].startswith(prompt)
    assert told["token_logprobs"][0] is told["top_logprobs"][0] is None
    assert_close(told["token_logprobs"][1:count], said[prompt]["logprobs"][1:])
    assert "".join(told["tokens"][:count]) == prompt
    assert "".join(told["tokens"]) == choice["text"]
    for token, offset in zip(told["tokens"], told["text_offset"], strict=True):
        assert choice["text"][offset : offset + len(token)] == token
    for top, logprob in zip(told["top_logprobs"][1:], told["token_logprobs"][1:], strict=True):
        assert len(top) <= 2
        assert max(top.values()) >= logprob - 1e-5
    alone = server.client.post("/v1/completions", json={**body, "echo": False}).json()["choices"][0]
    assert_close(alone["logprobs"]["token_logprobs"], told["token_logprobs"][count:])
    assert alone["logprobs"]["text_offset"] == [offset - len(prompt) for offset in told["text_offset"][count:]]


def test_characters_of_several_tokens_are_echoed_whole(server: Server) -> None:
    prompt = "œuvre 日本 is a cat"
    body = {"prompt": prompt, "max_tokens": 1, "echo": True, "logprobs": 0}
    choice = server.client.post("/v1/completions", json=body).json()["choices"][0]
    told = choice["logprobs"]
    assert len([offset for offset in told["text_offset"] if offset < len(prompt)]) > len(prompt.split())
    for token, offset in zip(told["tokens"], told["text_offset"], strict=True):
        assert choice["text"][offset : offset + len(token)] == token


def test_an_echo_is_streamed_before_the_answer(server: Server) -> None:
    body = {"prompt": "a cat", "max_tokens": 4, "temperature": 0, "echo": True}
    whole = server.client.post("/v1/completions", json=body).json()["choices"][0]["text"]
    told = [one["choices"][0]["text"] for one in streamed(server, "/v1/completions", body)]
    assert told[0].startswith("a cat")
    assert "".join(told) == whole
    refused = server.client.post("/v1/completions", json={**body, "logprobs": 1, "stream": True})
    assert refused.status_code == 400
    assert "echo with logprobs is not streamed" in refused.text


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_does_not_fit_is_shorter_and_told(server: Server, stream: bool) -> None:
    prompt, asked = "dog " * 100, {"max_tokens": 250, "temperature": 0, "stream": stream}
    chat = {"messages": [{"role": "user", "content": prompt}], **asked}
    answers = {
        "/v1/completions": {"prompt": prompt, **asked},
        "/v1/chat/completions": chat,
    }
    for path, body in answers.items():
        answer = server.client.post(path, json=body)
        assert answer.status_code == 200, answer.text
        told = answer.headers["x-warning"]
        assert told.startswith("250 tokens were asked for, and "), told
        fits, read = (int(word) for word in told.split() if word.isdecimal() and word != "250")
        assert fits + read == LONGEST
        if not stream:
            usage = answer.json()["usage"]
            assert usage["prompt_tokens"] == read
            assert usage["completion_tokens"] <= fits
        short = server.client.post(path, json={**body, "max_tokens": 2})
        assert "x-warning" not in short.headers


def test_what_is_cut_of_a_prompt_is_told(server: Server) -> None:
    body = {"inputs": "dog " * 100, "parameters": {"truncate": 5, "max_new_tokens": 2}}
    told = server.client.post(texts_of(server), json=body).headers["x-warning"]
    assert told.endswith("and its last 5 are read")
    body["inputs"] = "dog"
    assert "x-warning" not in server.client.post(texts_of(server), json=body).headers
