"""Whose models are whose, and what is remembered of callers' tokens."""

from __future__ import annotations

import asyncio
import gc

import pytest
from inference_common import visibility
from inference_common.card import ModelCard
from inference_common.errors import HubUnavailable, NotFound, Overloaded
from inference_common.hub import Resolved
from inference_common.owners import Patterns
from inference_common.visibility import Visibility

PUBLIC = Resolved("c" * 40, ModelCard(), {})
PRIVATE = Resolved("c" * 40, ModelCard(), {}, private=True)
GATED = Resolved("c" * 40, ModelCard(), {}, gated=True)
READER = {"authorization": "Bearer hf_reader"}


class Hub:
    """Opens every model to hf_reader, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked = list[tuple[str, str]]()
        self.is_away = False

    def __call__(self, name: str, token: str) -> bool:
        self.asked.append((name, token))
        if self.is_away:
            raise HubUnavailable("away")
        return token == "hf_reader"


def may_use(seen: Visibility, resolved: Resolved, headers: dict[str, str], name: str = "org/a") -> bool:
    try:
        asyncio.run(seen.check(name, resolved, headers))
    except NotFound:
        assert not seen.allows(name, resolved, headers)
        return False
    assert seen.allows(name, resolved, headers)
    return True


def test_a_token_opens_what_the_hub_says_and_the_hub_is_asked_once() -> None:
    hub = Hub()
    seen = Visibility(has_key=False, shared=Patterns(""), may_read=hub)
    assert may_use(seen, PUBLIC, {})
    assert hub.asked == []
    for resolved in (PRIVATE, GATED):
        for _ in range(3):
            assert may_use(seen, resolved, READER)
            assert not may_use(seen, resolved, {"authorization": "Bearer hf_stranger"})
            for nobody in ({}, {"authorization": "Bearer sk-other"}, {"authorization": "Basic hf_reader"}):
                assert not may_use(seen, resolved, nobody)
    assert hub.asked == [("org/a", "hf_reader"), ("org/a", "hf_stranger")]
    assert may_use(seen, PRIVATE, READER, "org/b")
    assert hub.asked[-1] == ("org/b", "hf_reader")


def test_no_token_is_kept() -> None:
    seen = Visibility(has_key=False, shared=Patterns(""), may_read=lambda name, token: True)
    assert may_use(seen, PRIVATE, {"authorization": "Bearer hf_" + "s3cret"})
    gc.collect()
    assert "s3cret" not in repr(vars(seen))


def test_a_hub_that_is_away_says_neither() -> None:
    hub = Hub()
    hub.is_away = True
    seen = Visibility(has_key=False, shared=Patterns(""), may_read=hub)
    for _ in range(2):
        with pytest.raises(HubUnavailable):
            may_use(seen, PRIVATE, READER)
    hub.is_away = False
    assert may_use(seen, PRIVATE, READER)


def test_holders_of_the_servers_key_and_shared_models_need_no_token() -> None:
    assert may_use(Visibility(has_key=True, shared=Patterns("")), PRIVATE, {})
    shared = Visibility(has_key=False, shared=Patterns("org/*"))
    assert may_use(shared, GATED, {})
    assert not may_use(shared, GATED, {}, "other/a")


def test_what_is_remembered_and_what_waits_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visibility, "MAX_ANSWERS", 10)
    monkeypatch.setattr(visibility, "MAX_PENDING", 20)
    seen = Visibility(has_key=False, shared=Patterns(""), may_read=Hub())

    async def run() -> list[object]:
        tokens = [{"authorization": f"Bearer hf_{number}"} for number in range(30)]
        calls = (seen.check("org/a", PRIVATE, headers) for headers in tokens)
        return await asyncio.gather(*calls, return_exceptions=True)

    kinds = [type(error) for error in asyncio.run(run())]
    assert (kinds.count(NotFound), kinds.count(Overloaded)) == (20, 10)
    assert len(seen._answers) == 10
