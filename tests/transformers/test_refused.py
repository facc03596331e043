"""What these pipelines refuse once they see the model and the text, beyond what every library refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from inference_common.samples import encoded

from ..servers import Server

Body = Mapping[str, Any]
LONG = "a " * 5000


def asked(question: str, **parameters: object) -> Body:
    return {"inputs": {"image": encoded("document.png"), "question": question}, "parameters": parameters}


def described(**parameters: object) -> Body:
    return {"inputs": encoded("image.jpg"), "parameters": parameters}


CASES: Mapping[str, Sequence[tuple[Body, str]]] = {
    "document-question-answering": [
        (asked(LONG), "max_question_len"),
        (asked("a", lang="fra"), "known: eng"),
        (asked("a", lang="../eng"), "known: eng"),
        (asked("a", doc_stride=124), "less than 124"),
        (asked("a", max_seq_len=4), "max_seq_len (4)"),
    ],
    "feature-extraction": [
        ({"inputs": LONG, "truncate": False}, "reads 128"),
        ({"inputs": "a", "dimensions": 1}, "dimensions"),
        ({"inputs": "a", "prompt_name": "query"}, "no prompts"),
    ],
    "fill-mask": [
        ({"inputs": ["a [MASK]", "a"]}, "holds no [MASK]"),
        ({"inputs": LONG + "[MASK]"}, "beyond the 128 tokens"),
        ({"inputs": "[MASK] " + LONG + "[MASK]"}, "beyond the 128 tokens"),
    ],
    "image-to-text": [
        (described(generation_parameters={"penalty_alpha": 0.5}), "no longer"),
        (described(generation_parameters={"num_beam_groups": 2}), "no longer"),
    ],
    "question-answering": [
        ({"inputs": {"question": LONG, "context": "a"}}, "max_question_len"),
        ({"inputs": {"question": "a", "context": LONG}, "parameters": {"doc_stride": 123}}, "windows"),
        ({"inputs": {"question": "a", "context": "a"}, "parameters": {"doc_stride": 124}}, "less than 124"),
    ],
    "summarization": [
        ({"inputs": LONG}, "truncation: only_first"),
    ],
    "table-question-answering": [
        ({"inputs": {"query": "a", "table": {"b": ["c"] * 200}}, "parameters": {"truncation": False}}, "truncation"),
        ({"inputs": {"query": LONG, "table": {"b": ["c"]}}}, "reads 128"),
        ({"inputs": {"query": "a", "table": {str(n): ["c"] for n in range(300)}}}, "does not fit"),
    ],
    "token-classification": [
        ({"inputs": LONG, "parameters": {"stride": 125}}, "windows"),
        ({"inputs": "a", "parameters": {"stride": 126}}, "stride"),
    ],
    "translation": [
        ({"inputs": "a", "parameters": {"tgt_lang": "klingon"}}, "tgt_lang is 'klingon'; known: ace_Arab"),
        ({"inputs": "a", "parameters": {"src_lang": "fra"}}, "src_lang is 'fra'"),
    ],
    "zero-shot-classification": [
        ({"inputs": "a", "parameters": {"candidate_labels": ["b", LONG]}}, "label"),
        ({"inputs": "a", "parameters": {"candidate_labels": ["b"] * 201}}, "candidate_labels"),
    ],
}


@pytest.mark.applies(when=lambda task: task in CASES)
def test_what_a_model_cannot_do_is_refused_with_the_reason(served: Server) -> None:
    for body, said in CASES[served.task]:
        answer = served.client.post("/", json=body)
        assert answer.status_code == 400, (body, answer.text)
        assert said in answer.json()["error"]
    assert served.client.get("/ready").status_code == 200
