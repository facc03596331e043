from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import Connect
from inference_common.task import Limits
from inference_common.tasks import TASKS
from inference_common.widget import examples

LIMITS = Limits(8, 1000)
TABLE = {"Name": ["Ann"], "Age": ["7"]}


@pytest.mark.parametrize(
    ("task", "told", "asked"),
    [
        ("text-classification", {"text": "I like you", "example_title": "Nice"}, {"inputs": "I like you"}),
        (
            "question-answering",
            {"text": "Who?", "context": "Ann was."},
            {"inputs": {"question": "Who?", "context": "Ann was."}},
        ),
        ("table-question-answering", {"text": "Who?", "table": TABLE}, {"inputs": {"query": "Who?", "table": TABLE}}),
        (
            "sentence-similarity",
            {"source_sentence": "a", "sentences": ["b"]},
            {"inputs": {"source_sentence": "a", "sentences": ["b"]}},
        ),
        ("tabular-classification", {"structuredData": {"a": [1, 2]}}, {"inputs": {"data": {"a": [1, 2]}}}),
        (
            "zero-shot-classification",
            {"text": "a", "candidate_labels": "b, c"},
            {"inputs": "a", "parameters": {"candidate_labels": "b, c"}},
        ),
        (
            "text-generation",
            {"text": "a", "parameters": {"max_new_tokens": 3}},
            {"inputs": "a", "parameters": {"max_new_tokens": 3}},
        ),
        (
            "chat-completion",
            {"messages": [{"role": "user", "content": "a"}]},
            {"messages": [{"role": "user", "content": "a"}]},
        ),
    ],
)
def test_each_form_is_a_request(task: str, told: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    assert list(examples([told], TASKS[task], LIMITS)) == [asked]


@pytest.mark.parametrize(
    "widget",
    [
        (),
        "text",
        {"en": [{"text": "a"}]},
        [7],
        [{"src": "https://example.org/a.flac"}],
        [{"text": 7}],
        [{"text": {"a", "set"}}],
        [{"text": "a" * 2000}],
        [{"text": "a", "parameters": {"temperature": 3}}],
    ],
)
def test_what_the_task_would_refuse_is_left_out(widget: object) -> None:
    assert list(examples(widget, TASKS["text-classification"], LIMITS)) == []


def test_a_page_begins_with_the_model_s_own(connect: Connect, model_folder: Path) -> None:
    (model_folder / "README.md").write_text(
        "---\npipeline_tag: feature-extraction\nwidget:\n- text: from the card\n---\n"
    )
    body = connect().get("/openapi.json").json()["paths"]["/"]["post"]["requestBody"]["content"]["application/json"]
    assert body["examples"]["0"]["value"] == {"inputs": "from the card"}
    assert len(body["examples"]) > 1
