import re
from typing import Any

import orjson
import pytest
from inference_common.codecs.json import validate_params
from inference_common.errors import InferenceError
from inference_common.task import BadPayload, Limits, Payload, Task
from inference_common.tasks import TASKS

LIMITS = Limits(1024, 1_000_000)
AnyTask = Task[Any, Any, Any]
GOOD = [
    (task, payload)
    for task in TASKS.values()
    for payload in (*task.good, *(optional.payload for optional in task.optional))
]
BAD = [(task, bad) for task in TASKS.values() for bad in task.bad]


@pytest.mark.defect(6)
def test_tasks_are_read_only_and_named() -> None:
    assert all(name == task.name for name, task in TASKS.items())
    with pytest.raises(TypeError):
        TASKS["new"] = TASKS["feature-extraction"]  # type: ignore[index]


def test_only_known_names_are_tasks() -> None:
    assert "feature-extraction" in TASKS
    assert "no-such-task" not in TASKS
    assert TASKS.get("no-such-task") is None
    assert len(TASKS) == len(set(TASKS))


@pytest.mark.parametrize(("task", "payload"), GOOD)
def test_good_payloads_decode(task: AnyTask, payload: Payload) -> None:
    decoded = task.input.decode(payload, LIMITS)
    assert decoded.items
    asked = {**{name: orjson.loads(text) for name, text in payload.query.items()}, **decoded.params}
    assert validate_params(task.params, asked) is not None
    assert task.input.meter(decoded.items)


@pytest.mark.parametrize(("task", "bad"), BAD)
def test_bad_payloads_are_refused_with_their_status(task: AnyTask, bad: BadPayload) -> None:
    if bad.by_model:
        assert decode(task, bad.payload) is not None
        return
    with pytest.raises(InferenceError, match=re.escape(bad.mentions)) as caught:
        decode(task, bad.payload)
    assert caught.value.status == bad.status


def decode(task: AnyTask, payload: Payload) -> object:
    decoded = task.input.decode(payload, LIMITS)
    return validate_params(task.params, decoded.params).within(LIMITS)


def test_equal_parameters_hash_alike() -> None:
    params = TASKS["feature-extraction"].params
    assert hash(params(normalize=True)) == hash(params(normalize=True))
    assert params(normalize=True) != params(normalize=False)


def test_a_conversation_is_a_chat() -> None:
    said = b'{"inputs": {"text": "c", "past_user_inputs": ["a", "b"], "generated_responses": ["A"]}}'
    conversation = TASKS["conversational"].input.decode(Payload(said), LIMITS).items[0]
    assert [(m["role"], m["content"]) for m in conversation.chat.messages] == [
        ("user", "a"),
        ("assistant", "A"),
        ("user", "b"),
        ("user", "c"),
    ]
    assert conversation.answered("C") == {
        "generated_text": "C",
        "conversation": {"past_user_inputs": ["a", "b", "c"], "generated_responses": ["A", "C"]},
    }
