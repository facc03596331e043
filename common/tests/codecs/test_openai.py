from typing import Any

import pytest
from inference_common.chat import ChatParams
from inference_common.client import Client
from inference_common.codecs.openai import before_stop, chat, chat_events, completion_events
from inference_common.generation import FinishReason, Generation, Piece, TextGenerationParams, Token
from inference_common.task import Asked

END = Token(2, "</s>", -0.1, special=True)


def pieces(
    texts: list[str], reason: FinishReason, stop: tuple[str, ...] = (), *, end: bool = False, tail: str = ""
) -> list[Piece]:
    """The pieces of an answer; with `end` its last token is a special one, `tail` what the text holds besides."""
    tokens = [Token(n, text, -0.5, top=(Token(n, text, -0.5),)) for n, text in enumerate(texts)] + [END] * end
    params = TextGenerationParams(stop=stop, details=True)
    whole = Generation("hi", "".join(texts) + tail, tuple(tokens), reason, 1, params, "m")
    return [*map(Piece, tokens[:-1]), Piece(tokens[-1], whole)]


def streamed(made: list[Piece], **params: Any) -> tuple[list[str], list[Any]]:
    """The texts that the deltas add, and all events."""
    encode = chat_events(Asked(ChatParams.model_validate(params), Client(), "m"))
    told: list[Any] = [event for piece in made for event in encode(piece)]
    return [c["delta"]["content"] for event in told if event != "[DONE]" for c in event["choices"]], told


def test_a_chat_begins_with_its_role_and_ends_with_a_reason() -> None:
    texts, told = streamed(pieces(["a", "b"], "length"))
    assert texts == ["", "a", "b", ""]
    roles = [event["choices"][0]["delta"].get("role") for event in told[:-1]]
    assert roles == ["assistant", None, None, None]
    assert [event["choices"][0]["finish_reason"] for event in told[:-1]] == [None, None, None, "length"]
    assert told[-1] == "[DONE]"
    assert len({event["id"] for event in told[:-1]}) == 1
    assert "usage" not in told[0]


@pytest.mark.parametrize(("version", "repeats"), [((0, 23, 5), True), ((0, 24, 0), False)])
def test_releases_that_need_the_role_in_each_delta_get_it(version: tuple[int, ...], *, repeats: bool) -> None:
    encode = chat_events(Asked(ChatParams(), Client(python=version), "m"))
    events: list[Any] = [event for piece in pieces(["a", "b"], "length") for event in encode(piece)]
    roles = {event["choices"][0]["delta"].get("role") for event in events[1:] if event != "[DONE]"}
    assert roles == {"assistant" if repeats else None}


def test_an_old_client_that_cannot_read_the_end_is_not_told_it() -> None:
    for version, last in (((0, 24, 6), False), ((0, 24, 7), True)):
        encode = chat_events(Asked(ChatParams(), Client(python=version), "m"))
        told = [event for piece in pieces(["a", "b"], "length") for event in encode(piece)]
        assert ("[DONE]" in told) is last


def test_usage_comes_last_where_it_is_asked_for() -> None:
    _, told = streamed(pieces(["a", "b"], "length"), stream_options={"include_usage": True})
    assert [event["usage"] for event in told[:-2]] == [None] * 4
    assert told[-2]["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    assert told[-2]["choices"] == []


@pytest.mark.parametrize(
    ("texts", "stop", "sent"),
    [
        (["one", "two"], ["two"], ["", "one", "", ""]),
        (["on", "et", "wo"], ["etwo"], ["", "on", "", "", ""]),
        (["on", "et", "w", "x", "etwo"], ["etwo"], ["", "on", "", "", "etwx", "", ""]),
        (["a", "ab"], ["abc", "b"], ["", "", "aa", ""]),
    ],
)
def test_a_text_that_may_begin_a_stop_is_withheld(texts: list[str], stop: list[str], sent: list[str]) -> None:
    assert streamed(pieces(texts, "stop_sequence", tuple(stop)), stop=stop)[0] == sent


def test_what_was_withheld_comes_if_no_stop_does() -> None:
    assert streamed(pieces(["a", "b"], "length"), stop=["bc"])[0] == ["", "a", "b", ""]


def test_special_tokens_are_no_text_and_what_stayed_unfinished_is() -> None:
    texts, told = streamed(pieces(["a"], "eos_token", end=True, tail="?"), logprobs=True)
    assert texts == ["", "a", "?", ""]
    assert told[1]["choices"][0]["logprobs"]["content"] == [
        {
            "token": "a",
            "logprob": -0.5,
            "bytes": [97],
            "top_logprobs": [{"token": "a", "logprob": -0.5, "bytes": [97]}],
        }
    ]
    assert told[2]["choices"][0]["logprobs"] == {"content": []}
    assert told[3]["choices"][0]["finish_reason"] == "stop"


def test_a_whole_chat_holds_no_stop() -> None:
    whole = pieces(["one", "two"], "stop_sequence", ("tw",))[-1].whole
    assert whole is not None
    assert before_stop(whole) == "one"
    answer = chat(whole, Client())
    assert answer["choices"][0]["message"] == {"role": "assistant", "content": "one"}
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


def test_javascript_reads_text_generations_events_too() -> None:
    for client in (Client(), Client(javascript=(4, 13))):
        encode = completion_events(Asked(TextGenerationParams(details=True), client, "m"), usage_too=True)
        told: list[Any] = [event for piece in pieces(["a", "b"], "length") for event in encode(piece)]
        assert [event["choices"][0]["text"] for event in told[:3]] == ["a", "b", ""]
        assert told[0]["choices"][0]["logprobs"]["tokens"] == ["a"]
        assert told[-2]["usage"]["total_tokens"] == 3
        assert told[-1] == "[DONE]"
        theirs = [(e["token"]["text"], e["generated_text"]) for e in told[:2]] if client.javascript else []
        assert theirs == ([("a", None), ("b", "ab")] if client.javascript else [])
