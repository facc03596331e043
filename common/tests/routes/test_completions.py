import json
from typing import Any

import pytest
from conftest import Connect
from starlette.testclient import TestClient

TASK = {"task": "text-generation"}


def events(answer: Any) -> list[Any]:
    assert answer.headers["content-type"] == "text/event-stream"
    parts = [part.removeprefix("data: ") for part in answer.text.split("\n\n")[:-1]]
    assert parts.pop() == "[DONE]"
    return [json.loads(part) for part in parts]


def chat(client: TestClient, text: str, **more: Any) -> Any:
    return client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": text}], **more})


def test_completions(connect: Connect) -> None:
    answer = connect(**TASK).post("/v1/completions", json={"prompt": "a b", "max_tokens": 3, "model": "any"}).json()
    assert answer["choices"] == [{"index": 0, "text": " a b a", "logprobs": None, "finish_reason": "length"}]
    assert answer["usage"] == {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}
    assert answer["object"] == "text_completion"
    assert answer["model"] == "toy"


def test_completions_of_several_prompts(connect: Connect) -> None:
    body = {"prompt": ["a", "b"], "max_tokens": 1, "echo": True, "logprobs": 1}
    choices = connect(**TASK).post("/v1/completions", json=body).json()["choices"]
    assert [(choice["index"], choice["text"]) for choice in choices] == [(0, "a a"), (1, "b b")]
    assert choices[1]["logprobs"] == {
        "tokens": ["b", " b"],
        "token_logprobs": [None, -0.5],
        "top_logprobs": [None, {" b": -0.5}],
        "text_offset": [0, 1],
    }


def test_logprobs_without_echo_are_those_of_the_answer(connect: Connect) -> None:
    body = {"prompt": "a b", "max_tokens": 2, "logprobs": 1}
    told = connect(**TASK).post("/v1/completions", json=body).json()["choices"][0]["logprobs"]
    assert (told["tokens"], told["text_offset"]) == ([" a", " b"], [0, 2])


def test_a_stream_echoes_the_prompt_first(connect: Connect) -> None:
    body = {"prompt": "a b", "max_tokens": 2, "echo": True, "stream": True}
    *told, _ = events(connect(**TASK).post("/v1/completions", json=body))
    assert [one["choices"][0]["text"] for one in told] == ["a b a", " b"]


def test_a_stream_tells_where_each_token_begins(connect: Connect) -> None:
    body = {"prompt": "a b", "max_tokens": 3, "logprobs": 0, "stream": True}
    *told, _ = events(connect(**TASK).post("/v1/completions", json=body))
    assert [one["choices"][0]["logprobs"]["text_offset"] for one in told] == [[0], [2], [4]]


def test_a_stop_that_is_a_special_token_ends_the_answer_before_it(connect: Connect) -> None:
    client = connect(task="chat-completion")
    asked = {"max_tokens": 9, "stop": ["b HALT"]}
    whole = chat(client, "a b HALT c", **asked).json()["choices"][0]
    assert (whole["message"]["content"], whole["finish_reason"]) == (" a ", "stop")
    *told, end = events(chat(client, "a b HALT c", **asked, stream=True))
    assert "".join(one["choices"][0]["delta"]["content"] for one in told) == " a "
    assert end["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("stream", [False, True])
def test_more_tokens_than_the_server_gives_are_lowered_and_told(connect: Connect, stream: bool) -> None:
    client = connect(**TASK, max_new_tokens=3)
    answers = [
        client.post("/v1/completions", json={"prompt": "a b", "max_tokens": 9, "stream": stream}),
        chat(client, "a b", max_completion_tokens=9, stream=stream),
        client.post("/", json={"inputs": "a b", "stream": stream, "parameters": {"max_new_tokens": 9}}),
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert answer.headers["x-warning"].startswith("9 tokens were asked for, and this server generates at most 3")
    for answer in answers[:2]:
        assert '"finish_reason":"length"' in answer.text
    within = client.post("/v1/completions", json={"prompt": "a b", "max_tokens": 3, "stream": stream})
    assert "x-warning" not in within.headers


def test_completions_take_text_generations_own_parameters(connect: Connect) -> None:
    body = {"prompt": "a b c", "max_tokens": 9, "stop_sequences": ["c"], "return_full_text": True, "do_sample": True}
    choice = connect(**TASK).post("/v1/completions", json=body).json()["choices"][0]
    assert choice["text"] == "a b c a b "
    assert choice["finish_reason"] == "stop"


def test_streamed_completions(connect: Connect) -> None:
    body = {"prompt": "a b", "max_tokens": 3, "stream": True, "stream_options": {"include_usage": True}}
    *told, end, usage = events(connect(**TASK).post("/v1/completions", json=body))
    assert [one["choices"][0]["text"] for one in told] == [" a", " b", " a"]
    assert end["choices"][0]["finish_reason"] == "length"
    assert usage["usage"]["total_tokens"] == 5


@pytest.mark.parametrize(
    ("body", "mentions"),
    [
        ([], "JSON object"),
        ({"max_tokens": 3}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"prompt": [1, 2]}, "prompt"),
        ({"prompt": "a", "suffix": "b"}, "suffix"),
        ({"prompt": "a", "echo": True, "logprobs": 1, "stream": True}, "echo with logprobs is not streamed"),
        ({"prompt": "a", "grammar": {}}, "grammar"),
        ({"prompt": ["a", "b"], "stream": True}, "one input"),
        ({"prompt": "a", "inputs": "b"}, "inputs"),
    ],
)
def test_bad_completions_say_why(connect: Connect, body: object, mentions: str) -> None:
    answer = connect(**TASK).post("/v1/completions", json=body)
    assert answer.status_code == 400
    assert mentions in answer.json()["error"]["message"]


def test_chat(connect: Connect) -> None:
    answer = chat(connect(**TASK), "a END", max_tokens=5, logprobs=True).json()
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": " a"}
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert [token["token"] for token in answer["choices"][0]["logprobs"]["content"]] == [" a"]
    assert answer["object"] == "chat.completion"


def test_streamed_chat(connect: Connect) -> None:
    told = events(chat(connect(**TASK), "a b", max_tokens=2, stream=True))
    assert [one["choices"][0]["delta"]["content"] for one in told] == ["", " a", " b", ""]


def test_a_chat_at_its_own_tasks_url(connect: Connect) -> None:
    client = connect(task="chat-completion")
    body = {"messages": [{"role": "user", "content": "a"}], "max_tokens": 2}
    assert client.post("/", json=body).json()["choices"][0]["message"]["content"] == " a a"
    assert client.get("/openapi.json").status_code == 200


def test_a_chat_at_the_url_of_another_task_of_the_model(connect: Connect) -> None:
    body = {"messages": [{"role": "user", "content": "a"}], "max_tokens": 2, "stream": True}
    assert (
        events(connect(**TASK).post("/pipeline/chat-completion/toy", json=body))[1]["object"] == "chat.completion.chunk"
    )


def test_a_model_that_generates_nothing_is_a_404(connect: Connect) -> None:
    client = connect()
    assert chat(client, "a").status_code == 404
    assert client.post("/v1/completions", json={"prompt": "a"}).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("/models/toy/v1/completions", {"prompt": "a b", "max_tokens": 2, "n": None, "echo": None}, " a b"),
        ("/hf-inference/models/toy/v1/completions", {"prompt": "a b", "max_tokens": 1}, " a"),
        ("/models/toy/v1/chat/completions", {"messages": [{"role": "user", "content": "a"}], "max_tokens": 1}, None),
    ],
)
def test_below_the_address_of_a_model(connect: Connect, path: str, body: dict[str, Any], text: str | None) -> None:
    choice = connect(**TASK).post(path, json=body).json()["choices"][0]
    assert text is None or choice["text"] == text


def test_below_the_address_of_another_model(connect: Connect) -> None:
    answer = connect(**TASK).post("/models/other/v1/completions", json={"prompt": "a"})
    assert answer.status_code == 404
    assert answer.json()["error_type"] == "not_found"
