"""A card's parameters: which are taken, of which the log warns, and how a caller's own replace them."""

from __future__ import annotations

from typing import Any

import pytest
from inference_common.card_defaults import card_defaults, with_defaults
from inference_common.chat import ChatParams
from inference_common.generation import TextGenerationParams
from inference_common.task import Limits, Params
from inference_common.tasks.seq2seq import Seq2SeqParams
from structlog.testing import capture_logs

LIMITS = Limits(inputs=1, characters=1, new_tokens=100)


@pytest.mark.parametrize(
    ("task", "parameters", "taken"),
    [
        ("zero-shot-classification", {}, {}),
        ("zero-shot-classification", {"multi_label": True}, {"multi_label": True}),
        ("zero-shot-classification", {"unknown": 1}, {}),
        ("text-classification", {"top_k": 2, "other": 7}, {"top_k": 2}),
        ("text-generation", {"max_new_tokens": 10**6}, {"max_new_tokens": 10**6}),
    ],
)
def test_what_nobody_set_is_not_warned_of(task: str, parameters: dict[str, Any], taken: dict[str, Any]) -> None:
    with capture_logs() as logs:
        assert card_defaults("model", task, parameters, LIMITS) == taken
    assert logs == []


@pytest.mark.parametrize(
    ("task", "parameters", "told"),
    [
        ("zero-shot-classification", {"multi_label": "some"}, "multi_label: "),
        ("zero-shot-classification", {"candidate_labels": []}, "candidate_labels"),
        ("text-classification", {"top_k": "many"}, "top_k: "),
        ("summarization", {"min_length": 101}, "min_length is 101"),
    ],
)
def test_what_the_cards_author_wrote_wrong_is_warned_of(task: str, parameters: dict[str, Any], told: str) -> None:
    with capture_logs() as logs:
        assert card_defaults("model", task, parameters, LIMITS) == {}
    assert [(one["event"], one["log_level"]) for one in logs] == [("the card's parameters are left out", "warning")]
    assert told in logs[0]["error"]
    assert "missing" not in logs[0]["error"]


@pytest.mark.parametrize(
    ("schema", "card", "sent", "given"),
    [
        (Params, {"a": 1}, {}, {"a": 1}),
        (Params, {"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}),
        (Params, {"a": 1}, {"a": None}, {"a": 1}),
        (Seq2SeqParams, {"max_new_tokens": 9, "min_length": 5}, {"max_length": 3}, {"max_length": 3}),
        (Seq2SeqParams, {"max_length": 9, "num_beams": 2}, {"min_length": 3}, {"min_length": 3, "num_beams": 2}),
        (
            Seq2SeqParams,
            {"max_length": 9},
            {"generate_parameters": {"max_length": 3}},
            {"generate_parameters": {"max_length": 3}},
        ),
        (
            Seq2SeqParams,
            {"generate_parameters": {"max_length": 9, "num_beams": 2}},
            {"max_new_tokens": 3},
            {"generate_parameters": {"num_beams": 2}, "max_new_tokens": 3},
        ),
        (ChatParams, {"max_completion_tokens": 9}, {"max_tokens": 3}, {"max_tokens": 3}),
        (TextGenerationParams, {"max_new_tokens": 9}, {"top_k": 3}, {"max_new_tokens": 9, "top_k": 3}),
    ],
)
def test_a_callers_parameters_replace_a_cards(
    schema: type[Params], card: dict[str, Any], sent: dict[str, Any], given: dict[str, Any]
) -> None:
    assert with_defaults(schema, card, sent) == given
