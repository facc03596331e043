"""Every good answer has the shape that the official schemas of @huggingface/tasks say, where they tell the wire."""

from __future__ import annotations

import orjson
from inference_common.task import Payload
from inference_common.tasks import TASKS

from .servers import Server
from .test_clients import CLIENTS, _ask, _environment, _node_folder
from .test_contract import post


def test_good_answers_are_valid(served: Server) -> None:
    answers = [[post(served, good).json(), is_list(good)] for good in TASKS[served.task].good]
    assert validate(served.task, answers) == []


def test_a_wrong_answer_would_be_found() -> None:
    assert validate("feature-extraction", [[["0.5"], False], [[0.5], True]]) != []
    assert validate("sentence-similarity", [[[{"score": 1}], False]]) != []
    assert validate("text-ranking", [[[{"index": 0}], False]]) != []


def validate(task: str, answers: list[list[object]]) -> list[str]:
    """What the schemas object to, in `[answer, whether its request was a list]` of one task."""
    tasks = _node_folder() / "node_modules" / "@huggingface" / "tasks" / "src" / "tasks"
    program = [str(_environment() / "python"), str(CLIENTS / "validate.py")]
    found: list[str] = _ask(program, {"tasks": str(tasks), "task": task, "answers": answers})
    return found


def is_list(payload: Payload) -> bool:
    """Whether the request holds a list of inputs."""
    try:
        value = orjson.loads(payload.body)
    except orjson.JSONDecodeError:
        return False  # raw text
    return isinstance(value["inputs"] if isinstance(value, dict) and "inputs" in value else value, list)
