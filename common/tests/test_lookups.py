"""Look-ups by themselves: one for all who ask at once, a bounded memory, an exception of its own for each caller."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from inference_common import lookups
from inference_common.card import ModelCard
from inference_common.errors import InferenceError, InternalError, NotFound, Overloaded
from inference_common.hub import Resolved
from inference_common.lookups import Lookups, Revision


def revision(name: str, *, files: int = 1, card: ModelCard | None = None) -> Revision:
    sizes = {f"file-{number}": 1 for number in range(files)}
    return Revision(name, None, Resolved("c" * 40, card or ModelCard(), sizes), is_owners=True)


class Hub:
    """Counts what is asked of it."""

    def __init__(self, seconds: float = 0.0, **made: int) -> None:
        self.asked = list[str]()
        self._seconds, self._made = seconds, made
        self.threads = set[int]()

    def __call__(self, name: str) -> Revision:
        self.asked.append(name)
        self.threads.add(threading.get_ident())
        time.sleep(self._seconds)
        if name.startswith("none"):
            raise NotFound("no such model")
        if name == "odd":
            raise ZeroDivisionError("/srv/secret")
        return revision(name, **self._made)


def loaded(revision: Revision) -> bool:
    return False


def test_callers_at_once_share_one_question_and_no_exception() -> None:
    hub = Hub(0.05)

    async def run() -> list[object]:
        names = Lookups(hub, loaded)
        return await asyncio.gather(*(names.get("none") for _ in range(20)), return_exceptions=True)

    errors = asyncio.run(run())
    assert hub.asked == ["none"]
    assert len({id(error) for error in errors}) == 20
    assert all(isinstance(error, NotFound) for error in errors)


def test_many_names_take_few_threads_and_past_a_number_the_next_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "MAX_PENDING", 50)
    hub = Hub(0.01)

    async def run() -> list[object]:
        names = Lookups(hub, loaded)
        return await asyncio.gather(*(names.get(f"none-{n}") for n in range(80)), return_exceptions=True)

    kinds = [type(error) for error in asyncio.run(run())]
    assert (kinds.count(NotFound), kinds.count(Overloaded)) == (50, 30)
    assert len(hub.threads) <= lookups.THREADS


def test_a_caller_who_leaves_takes_nobodys_answer_away() -> None:
    hub = Hub(0.1)

    async def run() -> str:
        names = Lookups(hub, loaded)
        leaving, staying = asyncio.create_task(names.get("a")), asyncio.create_task(names.get("a"))
        await asyncio.sleep(0.02)
        leaving.cancel()
        return (await staying).latest.name

    assert asyncio.run(run()) == "a"
    assert hub.asked == ["a"]


def test_what_is_remembered_is_bounded_by_names_and_by_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "MAX_KNOWN", 10)

    async def run(hub: Hub) -> list[str]:
        names = Lookups(hub, loaded)
        for number in range(30):
            await names.get(str(number))
            names.known("0")  # who is asked for stays
        return list(names._known)

    assert len(asyncio.run(run(Hub()))) == 10
    monkeypatch.setattr(lookups, "MAX_FILES", 50)
    kept = asyncio.run(run(Hub(files=20)))
    assert kept == ["0", "29"] or kept == ["29", "0"]


def test_no_more_of_a_card_is_kept_than_a_load_needs() -> None:
    card = ModelCard(task="fill-mask", parameters={"x": ["y"] * 5000}, widget=[{"text": "z" * 5000}], tags=["t"] * 5000)

    async def run() -> ModelCard:
        names = Lookups(lambda name: revision(name, card=card), loaded)
        return (await names.get("a")).latest.resolved.card

    assert asyncio.run(run()) == ModelCard(task="fill-mask")


def test_an_unexpected_error_tells_no_inside() -> None:
    async def run() -> None:
        await Lookups(Hub(), loaded).get("odd")

    with pytest.raises(InferenceError) as raised:
        asyncio.run(run())
    assert isinstance(raised.value, InternalError)
    assert "secret" not in str(raised.value)
