"""The official clients, old and new, get generated text as the server itself tells it: whole, in detail, in streams."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from inference_common.samples import encoded
from jsonschema import Draft6Validator

from scripts.images import library

from ..conftest import tiny_model
from ..official import HUB_RELEASES, call_javascript, call_python, schemas
from ..official_schemas import objections, patched, registry
from ..servers import Server, start_process
from ..test_contract import assert_close

PROMPT = "a happy person"
MESSAGES = [{"role": "system", "content": "Be kind"}, {"role": "user", "content": "Is the dog happy?"}]
FEW = {"max_new_tokens": 5}
OWN = ("id", "created", "model", "system_fingerprint", "object")
SAMPLING = {"temperature": 0.8, "top_p": 0.9, "seed": 3, "frequency_penalty": 0.2}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One model of a chat template, which is served at every route of generated text."""
    known = library("transformers")
    started = start_process(known, "text-generation", str(tiny_model(known, "text-generation")))
    yield started
    started.client.close()
    assert started.stop() == 0


def url(server: Server) -> str:
    return str(server.client.base_url)


def said(server: Server, **parameters: Any) -> Any:
    asked = {"inputs": PROMPT, "parameters": {"details": True, **FEW, **parameters}}
    return server.client.post("/", json=asked).json()[0]


def chatted(server: Server, **parameters: Any) -> Any:
    return server.client.post("/v1/chat/completions", json={"messages": MESSAGES, "max_tokens": 5, **parameters}).json()


def told(value: Any) -> Any:
    """What an answer tells besides its name and time, without what is empty."""
    if isinstance(value, dict):
        return {name: told(part) for name, part in value.items() if name not in OWN and part is not None}
    return [told(part) for part in value] if isinstance(value, list) else value


def test_python_goes_on_with_a_text(server: Server, release: str) -> None:
    stop = {"stop_sequences" if release == "0.23" else "stop": ["xyz"]}
    sampled = {"temperature": 0.8, "top_k": 9, "top_p": 0.9, "typical_p": 0.9, "seed": 3, "repetition_penalty": 1.1}
    prefill = {"details": True, "decoder_input_details": True}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("text_generation", {"prompt": PROMPT, **FEW}),
        ("text_generation", {"prompt": PROMPT, **FEW, **sampled, **stop, "return_full_text": True, "truncate": 5}),
        ("text_generation", {"prompt": PROMPT, **FEW, **prefill, "top_n_tokens": 2}),
        ("text_generation", {"prompt": PROMPT, **FEW, "stream": True}),
        ("text_generation", {"prompt": PROMPT, **FEW, "stream": True, "details": True}),
    ]
    alone, full, details, texts, events = call_python(release, url(server), calls)
    whole = said(server)
    assert alone == whole["generated_text"] == "".join(texts)
    assert full == said(server, **sampled, stop=["xyz"], return_full_text=True, truncate=5)["generated_text"]
    assert full.startswith(PROMPT)
    assert_close(told(details), told(said(server, decoder_input_details=True, top_n_tokens=2)))
    assert_close([event["token"] for event in events], whole["details"]["tokens"])
    assert events[-1]["generated_text"] == alone
    assert events[-1]["details"]["finish_reason"] == "length"


def test_python_chats(server: Server, release: str) -> None:
    asked = {"messages": MESSAGES, "max_tokens": 5}
    likely = {"logprobs": True, "top_logprobs": 2}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("chat_completion", asked),
        ("chat_completion", {**asked, **SAMPLING, **likely, "stop": ["xyz"]}),
        ("chat_completion", {**asked, "stream": True}),
    ]
    alone, sampled, events = call_python(release, url(server), calls)
    whole = chatted(server)
    assert_close(told(alone), told(whole))
    assert_close(told(sampled["choices"][0]["message"]), told(chatted(server, **SAMPLING)["choices"][0]["message"]))
    assert len(sampled["choices"][0]["logprobs"]["content"][0]["top_logprobs"]) == 2
    deltas = [event["choices"][0]["delta"].get("content", "") for event in events]
    assert "".join(deltas) == whole["choices"][0]["message"]["content"]
    assert events[-1]["choices"][0]["finish_reason"] == "length"


@pytest.fixture(params=HUB_RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_python_chats_as_openai_s_own_client_does(server: Server) -> None:
    asked = {"messages": MESSAGES, "max_tokens": 5, "stream": True, "stream_options": {"include_usage": True}}
    *_, last = call_python("current", url(server), [("chat_completion", asked)])[0]
    assert last["usage"] == chatted(server)["usage"]


def test_python_reads_why_it_was_refused(server: Server) -> None:
    for method, asked in (("text_generation", {"prompt": PROMPT, "grammar": {"type": "regex", "value": "a"}}),):
        with pytest.raises(AssertionError, match="grammars are not served"):
            call_python("current", url(server), [(method, asked)])


def test_javascript_goes_on_with_a_text(server: Server) -> None:
    asked = {"inputs": PROMPT, "parameters": FEW}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("textGeneration", asked),
        ("textGeneration", {"inputs": PROMPT, "parameters": {**FEW, "temperature": 0.8, "seed": 3, "do_sample": True}}),
        ("textGenerationStream", asked),
    ]
    alone, sampled, events = call_javascript(url(server), calls)
    whole = said(server)
    assert alone["generated_text"] == whole["generated_text"]
    assert sampled["generated_text"] == said(server, temperature=0.8, seed=3, do_sample=True)["generated_text"]
    tokens = [event for event in events if "token" in event]
    assert_close([event["token"] for event in tokens], whole["details"]["tokens"])
    assert tokens[-1]["generated_text"] == whole["generated_text"]
    assert "".join(event["choices"][0]["text"] for event in events) == whole["generated_text"]


def test_javascript_chats(server: Server) -> None:
    asked = {"messages": MESSAGES, "max_tokens": 5}
    alone, events = call_javascript(url(server), [("chatCompletion", asked), ("chatCompletionStream", asked)])
    whole = chatted(server)
    assert_close(told(alone), told(whole))
    assert "".join(e["choices"][0]["delta"]["content"] for e in events) == whole["choices"][0]["message"]["content"]


def test_the_old_client_s_conversation(server: Server) -> None:
    known = library("transformers")
    talking = start_process(known, "conversational", str(tiny_model(known, "conversational")))
    asked = {"text": "And the cat?", "past_user_inputs": ["Is it?"], "generated_responses": ["Yes"], "parameters": FEW}
    answer = call_python("0.23", url(talking), [("conversational", asked)])[0]
    talking.client.close()
    assert talking.stop() == 0
    turns = [("user", "Is it?"), ("assistant", "Yes"), ("user", "And the cat?")]
    messages = [{"role": role, "content": text} for role, text in turns]
    assert answer["generated_text"] == chatted(server, messages=messages)["choices"][0]["message"]["content"]
    assert answer["conversation"]["past_user_inputs"] == ["Is it?", "And the cat?"]
    assert answer["conversation"]["generated_responses"] == ["Yes", answer["generated_text"]]


def test_answers_have_the_official_shape(server: Server) -> None:
    for asked in ({}, {"logprobs": True, "top_logprobs": 2}):
        assert objections(schemas(), "chat-completion", [(chatted(server, **asked), False)]) == []
    for task, path, body in (
        ("text-generation", "/", {"inputs": PROMPT, "stream": True, "parameters": {"details": True, **FEW}}),
        ("chat-completion", "/v1/chat/completions", {"messages": MESSAGES, "max_tokens": 5, "stream": True}),
    ):
        schema = patched(json.loads((schemas() / task / "spec" / "stream_output.json").read_text()))
        validator = Draft6Validator(schema, registry=registry(schemas()))
        lines = server.client.post(path, json=body).text.split("\n\n")
        events = [json.loads(line[6:]) for line in lines if line and line != "data: [DONE]"]
        assert events
        for delta in [choice["delta"] for event in events for choice in event.get("choices", ())]:
            delta.setdefault("role", "assistant")  # the schema has it in each, OpenAI's own in the first alone
        assert [error.message for event in events for error in validator.iter_errors(event)] == []


@pytest.fixture(scope="module")
def seeing() -> Iterator[Server]:
    """A model that chats about images."""
    known = library("transformers")
    started = start_process(known, "image-text-to-text", str(tiny_model(known, "image-text-to-text")))
    yield started
    started.client.close()
    assert started.stop() == 0


def test_clients_chat_about_images(seeing: Server) -> None:
    address = f"data:image/jpeg;base64,{encoded('image.jpg')}"
    parts = [{"type": "image_url", "image_url": {"url": address}}, {"type": "text", "text": "Is the dog happy?"}]
    asked = {"messages": [{"role": "user", "content": parts}], "max_tokens": 5}
    shown = seeing.client.post("/v1/chat/completions", json=asked).json()
    blind = seeing.client.post("/v1/chat/completions", json={**asked, "messages": MESSAGES}).json()
    assert shown["usage"]["prompt_tokens"] > 4
    assert shown["choices"][0]["message"]["content"] != blind["choices"][0]["message"]["content"]
    for release in ("current", "0.36"):
        assert_close(told(call_python(release, url(seeing), [("chat_completion", asked)])[0]), told(shown))
    assert_close(told(call_javascript(url(seeing), [("chatCompletion", asked)])[0]), told(shown))
    pieces = call_python("current", url(seeing), [("chat_completion", {**asked, "stream": True})])[0]
    said_in_pieces = "".join(piece["choices"][0]["delta"].get("content", "") for piece in pieces if piece["choices"])
    assert said_in_pieces == shown["choices"][0]["message"]["content"]


def test_a_model_of_text_refuses_images(server: Server) -> None:
    part = {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{encoded('image.jpg')}"}}
    asked = {"messages": [{"role": "user", "content": [part]}]}
    answer = server.client.post("/v1/chat/completions", json=asked)
    assert answer.status_code == 400
    assert "text" in answer.json()["error"]["message"]
