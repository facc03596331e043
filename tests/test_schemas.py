"""Every good answer has the shape that the official schemas of @huggingface/tasks say, where they tell the wire."""

from __future__ import annotations

import orjson
from inference_common.task import Payload
from inference_common.tasks import TASKS

from .official import schemas
from .official_schemas import objections
from .servers import Server
from .test_contract import post


def test_good_answers_are_valid(served: Server) -> None:
    goods = [(post(served, good), good) for good in TASKS[served.task].good]
    answers = [(a.json(), is_list(good)) for a, good in goods if a.headers["content-type"] == "application/json"]
    assert objections(schemas(), served.task, answers) == []


def test_a_wrong_answer_would_be_found() -> None:
    assert objections(schemas(), "feature-extraction", [(["0.5"], False), ([0.5], True)]) != []
    assert objections(schemas(), "sentence-similarity", [([{"score": 1}], False)]) != []
    assert objections(schemas(), "text-ranking", [([{"index": 0}], False)]) != []


def is_list(payload: Payload) -> bool:
    """Whether the request holds a list of inputs."""
    try:
        value = orjson.loads(payload.body)
    except orjson.JSONDecodeError:
        return False  # raw text
    return isinstance(value["inputs"] if isinstance(value, dict) and "inputs" in value else value, list)
