"""What is remembered of failures, and for how long."""

import gc
import weakref

import pytest
from inference_common import failures
from inference_common.errors import ErrorDetail, HubUnavailable, LoadFailed, NotFound
from inference_common.failures import MAX_ENTRIES, Failure, Failures


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(failures.time, "monotonic", lambda: self.now)


def test_each_caller_gets_an_exception_of_its_own_that_says_the_same() -> None:
    error = NotFound("none", details=[ErrorDetail("why", "where")], retry_after=3)
    failure = Failure.of(error)
    first, second = failure.error(), failure.error()
    assert first is not second
    assert type(first) is NotFound
    assert (str(first), first.details, first.retry_after) == ("none", error.details, 3)


def test_no_frame_of_the_first_caller_is_kept() -> None:
    class Body:
        pass

    def failing() -> tuple[Failure, weakref.ref[Body]]:
        body = Body()
        try:
            raise NotFound("none")
        except NotFound as error:
            return Failure.of(error), weakref.ref(body)

    failure, body = failing()
    gc.collect()
    assert body() is None
    assert str(failure.error()) == "none"


def test_what_is_none_of_ours_is_a_load_that_failed() -> None:
    error = Failure.of_load("org/a", ValueError("cut short")).error()
    assert isinstance(error, LoadFailed)
    assert str(error) == "The model org/a could not be loaded: ValueError: cut short"


def test_a_failure_is_forgotten_and_loads_that_fail_again_are_told_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    lookups, loads = Failures(), Failures(backs_off=True)
    lasted = []
    for _ in range(7):
        for table in (lookups, loads):
            table.add("org/a", Failure(LoadFailed, "broken"))
        started = clock.now
        while loads.get("org/a") is not None:
            assert (lookups.get("org/a") is not None) == (clock.now < started + 30)
            clock.now += 1
        lasted.append(clock.now - started)
    assert lasted == [30, 60, 120, 240, 480, 600, 600]
    loads.forget("org/a")
    loads.add("org/a", Failure(LoadFailed, "broken"))
    clock.now += 30
    assert loads.get("org/a") is None


def test_a_hub_that_was_away_is_asked_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    table = Failures(backs_off=True)
    for _ in range(5):
        table.add("org/a", Failure(HubUnavailable, "away"))
        assert table.get("org/a") is not None
        clock.now += 5
        assert table.get("org/a") is None


def test_a_load_that_failed_long_ago_counts_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    table = Failures(backs_off=True)
    for _ in range(3):
        table.add("org/a", Failure(LoadFailed, "broken"))
        clock.now += 30 + 600
    table.add("org/a", Failure(LoadFailed, "broken"))
    clock.now += 30
    assert table.get("org/a") is None


def test_made_up_names_cost_a_bounded_memory() -> None:
    table = Failures()
    for number in range(3 * MAX_ENTRIES):
        table.add(number, Failure(NotFound, "none"))
    assert len(table) == MAX_ENTRIES
    assert table.get(0) is None
    assert table.get(3 * MAX_ENTRIES - 1) is not None
