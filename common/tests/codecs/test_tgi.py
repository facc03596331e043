from typing import Any

from inference_common.client import Client
from inference_common.codecs.tgi import answer, events
from inference_common.generation import Generation, Piece, TextGenerationParams, Token
from inference_common.task import Asked

TOKENS = (Token(1, "a", -0.5, top=(Token(1, "a", -0.5), Token(3, "b", -1.5))), Token(2, "</s>", -0.1, special=True))


def generation(**params: Any) -> Generation:
    prefill = (Token(7, "hi", None), Token(8, "!", -2.0))
    asked = TextGenerationParams.model_validate(params)
    return Generation("hi!", "a", TOKENS, "eos_token", 2, asked, "m", prefill, seed=5)


def test_the_text_alone() -> None:
    assert answer(generation(), Client()) == {"generated_text": "a"}
    assert answer(generation(return_full_text=True), Client()) == {"generated_text": "hi!a"}


def test_details() -> None:
    told = answer(generation(details=True, top_n_tokens=2), Client())["details"]
    assert told["finish_reason"] == "eos_token"
    assert told["generated_tokens"] == 2
    assert told["seed"] == 5
    assert told["prefill"] == [{"id": 7, "text": "hi", "logprob": None}, {"id": 8, "text": "!", "logprob": -2.0}]
    assert told["tokens"][1] == {"id": 2, "text": "</s>", "logprob": -0.1, "special": True}
    assert [[token["id"] for token in step] for step in told["top_tokens"]] == [[1, 3], []]


def test_events_count_tokens_and_the_last_holds_the_whole() -> None:
    whole = generation(details=True, top_n_tokens=2, return_full_text=True)
    encode = events(Asked(whole.params, Client(), "m"))
    told: list[Any] = [*encode(Piece(TOKENS[0])), *encode(Piece(TOKENS[1], whole))]
    assert [one["index"] for one in told] == [1, 2]
    assert [one["generated_text"] for one in told] == [None, "hi!a"]
    assert [len(one["top_tokens"]) for one in told] == [2, 0]
    assert told[0]["details"] is None
    assert told[1]["details"] == {"finish_reason": "eos_token", "generated_tokens": 2, "input_length": 2, "seed": 5}


def test_events_without_details_have_none() -> None:
    told: Any = list(events(Asked(TextGenerationParams(), Client(), "m"))(Piece(TOKENS[0], generation())))
    assert told[0]["details"] is None
    assert "top_tokens" not in told[0]


def test_events_of_releases_that_take_no_field_they_do_not_know() -> None:
    whole = generation(details=True)
    told: Any = list(events(Asked(whole.params, Client(python=(0, 21, 4)), "m"))(Piece(TOKENS[1], whole)))
    assert told[0].keys() == {"token", "generated_text", "details"}
    assert told[0]["details"] == {"finish_reason": "eos_token", "generated_tokens": 2, "seed": 5}
