"""What is cut off a long text is told in `x-warning`, with how much of it is read; of a short one nothing is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from inference_common.samples import encoded

from ..servers import Server

LONG, READ = 300, 128  # words of a text, and tokens that the tiny models read
WORDS = "dog " * LONG
TABLE = {"query": "which dog?", "table": {"name": ["dog"] * LONG, "age": ["7"] * LONG}}
CUT: dict[str, tuple[Any, dict[str, Any], str]] = {
    "text-classification": (WORDS, {}, r"the text has 302 tokens, and its first 128 are read"),
    "fill-mask": (f"[MASK] {WORDS}", {}, r"the text has 303 tokens, and its first 128 are read"),
    "feature-extraction": (WORDS, {}, r"the text has 302 tokens, and its first 128 are read"),
    "token-classification": (WORDS, {}, r"the text has 302 tokens, and its first 128 are read"),
    "zero-shot-classification": (WORDS, {"candidate_labels": ["dog", "cat"]}, r"the text has 300 tokens, .* are read"),
    "question-answering": (
        {"question": WORDS, "context": "a dog"},
        {"max_question_len": 9},
        r"the question has 300 tokens, and its first 9 are read",
    ),
    "summarization": (WORDS, {"truncation": "only_first"}, r"the text has \d+ tokens, and its first 128 are read"),
    "visual-question-answering": (
        {"image": encoded("image.jpg"), "question": WORDS},
        {},
        r"the question has 302 tokens, and its first \d+ are read",
    ),
    "table-question-answering": (TABLE, {}, r"the table has 300 rows, and its first \d+ are read"),
    "zero-shot-image-classification": (
        encoded("image.jpg"),
        {"candidate_labels": ["dog " * 200, "cat"]},
        r"1 of 2 labels are cut to their first \d+ tokens",
    ),
}
"""By task: a long input, its parameters, and the warning."""
SHORT: dict[str, Any] = {
    "question-answering": {"question": "a dog?", "context": "a dog"},
    "visual-question-answering": {"image": encoded("image.jpg"), "question": "a dog?"},
    "table-question-answering": {"query": "which dog?", "table": {"name": ["dog"], "age": ["7"]}},
    "zero-shot-image-classification": encoded("image.jpg"),
}


def ask(served: Server, inputs: Any, parameters: dict[str, Any]) -> str | None:
    at_root = parameters if served.task == "feature-extraction" else {"parameters": parameters}
    answer = served.client.post("/", json={"inputs": inputs, **at_root})
    assert answer.status_code == 200, answer.text
    told: str | None = answer.headers.get("x-warning")
    return told


@pytest.mark.applies(when=lambda task: task in CUT)
def test_what_is_cut_off_is_told(served: Server) -> None:
    inputs, parameters, told = CUT[served.task]
    assert re.fullmatch(told, ask(served, inputs, parameters) or "")
    short = {**parameters, **({"candidate_labels": ["dog", "cat"]} if "candidate_labels" in parameters else {})}
    assert ask(served, SHORT.get(served.task, "a happy [MASK]"), short) is None


@pytest.mark.applies(when=lambda task: task == "text-classification")
def test_of_several_texts_the_cut_ones_are_named(served: Server) -> None:
    told = ask(served, ["a dog", WORDS, "a cat", WORDS], {})
    assert told is not None
    assert [part.partition(":")[0] for part in told.split("; ")] == ["input 1", "input 3"]


@pytest.mark.applies(when=lambda task: task == "feature-extraction")
def test_the_side_that_is_read_is_told(served: Server) -> None:
    assert (ask(served, WORDS, {"truncation_direction": "left"}) or "").endswith("its last 128 are read")


@pytest.mark.applies(when=lambda task: task == "token-classification")
def test_a_text_that_is_read_in_windows_is_not_cut(served: Server) -> None:
    assert ask(served, WORDS, {"stride": 8}) is None


@pytest.mark.applies(when=lambda task: task in ("image-to-text", "summarization"))
def test_a_length_that_the_model_cannot_write_is_lowered(served: Server) -> None:
    told = ask(served, encoded("image.jpg") if served.task == "image-to-text" else "a dog", {"max_new_tokens": 128})
    assert told == "max_new_tokens is 128, and this model writes at most 127 tokens"


@pytest.mark.applies(when=lambda task: task == "summarization")
def test_what_generate_will_not_do_is_told(served: Server) -> None:
    told: dict[str, dict[str, Any]] = {
        "not used without do_sample: true: temperature": {"temperature": 0.5},
        "not used without do_sample: true: top_k, top_p": {"top_k": 5, "top_p": 0.5},
        "not used without num_beams above 1: early_stopping": {"early_stopping": True, "num_beams": 1},
        "not used beside max_new_tokens: max_length": {"max_length": 5, "max_new_tokens": 4},
        "not used beside min_new_tokens: min_length": {"min_length": 3, "min_new_tokens": 2},
    }
    for warning, parameters in told.items():
        assert ask(served, "a happy dog", {"max_new_tokens": 4, **parameters}) == warning
    sampled = {"do_sample": True, "temperature": 0.5, "top_k": 5, "num_beams": 1, "max_new_tokens": 4}
    assert ask(served, "a happy dog", sampled) is None


@pytest.mark.applies(when=lambda task: task == "summarization")
@pytest.mark.parametrize(
    "parameters",
    [
        {"min_length": 7, "max_length": 6},
        {"min_new_tokens": 7, "max_new_tokens": 6},
        {"min_new_tokens": 6, "max_length": 6},
        {"min_length": 8, "max_new_tokens": 6},
        {"min_length": 100},  # the model's own max_length is 16
        {"generate_parameters": {"min_length": 7, "max_length": 6}},
        {"min_length": 7, "generate_parameters": {"max_length": 6}},
    ],
    ids=str,
)
def test_a_least_length_above_the_most_is_refused(served: Server, parameters: dict[str, Any]) -> None:
    answer = served.client.post("/", json={"inputs": "a happy dog", "parameters": parameters})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("min_")
    assert "leaves no room for" in answer.json()["error"]


@pytest.mark.applies(when=lambda task: task == "summarization")
@pytest.mark.parametrize(
    "parameters",
    [
        {"min_length": 6, "max_length": 6},
        {"min_new_tokens": 5, "max_length": 6},
        {"min_length": 7, "max_new_tokens": 6},
        {"max_length": 2},  # the model's own min_length is 3: as the library, it is cut there
    ],
    ids=str,
)
def test_lengths_that_leave_room_are_taken(served: Server, parameters: dict[str, Any]) -> None:
    assert ask(served, "a happy dog", parameters) is None
