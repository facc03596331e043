"""What releases of the official clients send is read by the codecs of every task, also of those that no image has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pytest
from inference_common.codecs.json import validate_params, without_nulls
from inference_common.errors import InvalidRequest
from inference_common.task import Limits, Payload
from inference_common.tasks import TASKS

from tests.recorded import RECORDED, Recorded, recorded, tasks

LIMITS = Limits(inputs=100, characters=100_000)
NOT_TASKS = frozenset({"health", "info"})  # what a server says of itself
REFUSED: Mapping[str, frozenset[str]] = {
    "chat-completion": frozenset({"tool_prompt", "tools"}),
    "conversational": frozenset({"max_length", "max_time", "min_length"}),
    "feature-extraction": frozenset({"encoding_format"}),
    "text-generation": frozenset({"adapter_id", "grammar", "max_time", "watermark"}),
}
"""Parameters that clients have and no model here takes, by task: they are refused by their names."""
NOTHING: tuple[object, ...] = (None, False, [], "float")
"""Values of them that ask for nothing that is not done anyway."""


@pytest.mark.parametrize("task", sorted(set(tasks()) - NOT_TASKS))
def test_requests_are_read(task: str) -> None:
    found = [one for one in recorded(task) if not one.path.endswith("/v1/completions")]
    assert found
    for one in found:
        names = {name for name in REFUSED.get(task, ()) if one.parameters().get(name) not in NOTHING}
        refusal = refused(task, one)
        if names:
            assert refusal, str(one)
            assert any(name in refusal for name in names), refusal
        else:
            assert not refusal, str(one)


def refused(task: str, one: Recorded) -> str:
    """Why a request is refused before any model sees it; nothing where it is not."""
    known = TASKS[task]
    try:
        decoded = known.input.decode(Payload(one.body, one.headers.get("content-type")), LIMITS)
        validate_params(known.params, without_nulls(decoded.params)).within(LIMITS)
    except InvalidRequest as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("client", "releases"),
    [
        ("huggingface_hub", [*(f"0.{minor}" for minor in range(20, 37)), "1.0", "1.33", "2.0", "2.4"]),
        ("inference", ["1.8", "2.8", "3.15", "4.13"]),
    ],
)
def test_every_release_has_sent_something(client: str, releases: list[str]) -> None:
    agents = json.loads((RECORDED / "agents.json").read_text(encoding="utf-8"))[client]
    every = list(agents)
    sending = {every[n] for one in requests() if one.client == client for n in places(one.releases, every)}
    assert set(releases) <= set(every) == sending


def places(ranges: str, every: list[str]) -> Iterator[int]:
    """The places, in the list of all releases, of those that ranges hold."""
    for part in ranges.split():
        first, _, last = part.partition("-")
        yield from range(every.index(first), every.index(last or first) + 1)


def requests() -> Iterator[Recorded]:
    """The requests of every task."""
    for task in tasks():
        yield from recorded(task)
