import asyncio
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inference_common.jobs import Job, Scheduled, Timed
from inference_common.source import FolderSource
from inference_common.tasks.text import FeatureExtractionParams
from inference_common.waiting import FIRST_LANE, Waiting
from toys.pipelines.feature_extraction import ToyFeatures

PLAIN = FeatureExtractionParams()
LANES = 2


@pytest.fixture
def toy(model_folder: Path) -> ToyFeatures:
    toy = ToyFeatures(FolderSource(model_folder), "cpu")
    toy.max_batch_size = 32
    toy.lanes = LANES
    return toy


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def jobs(
    toy: ToyFeatures, loop: asyncio.AbstractEventLoop, count: int, caller: str | None = None, cost: int = 1
) -> Sequence[Job]:
    return [Job(toy, "a", PLAIN, cost, loop.create_future(), caller) for _ in range(count)]


def taken(waiting: Waiting, lane: int) -> Scheduled:
    found = waiting.take(lane)
    assert found is not None
    return found


def test_few_run_one_batch_after_the_other(toy: ToyFeatures, loop: asyncio.AbstractEventLoop) -> None:
    waiting = Waiting(32)
    assert waiting.add(toy, jobs(toy, loop, 3))
    assert not waiting.add(toy, [])
    first = taken(waiting, FIRST_LANE)
    assert (len(first.batch), first.is_shared, first.lane_to_start) == (3, False, None)
    assert waiting.take(FIRST_LANE) is None
    assert waiting.add(toy, [])


def test_many_are_shared_among_lanes(toy: ToyFeatures, loop: asyncio.AbstractEventLoop) -> None:
    waiting = Waiting(32)
    waiting.add(toy, jobs(toy, loop, 12))
    first = taken(waiting, FIRST_LANE)
    assert (len(first.batch), first.is_shared, first.lane_to_start) == (6, True, 1)
    second = taken(waiting, 1)
    assert (len(second.batch), second.is_shared, second.lane_to_start) == (3, True, None)  # both are at work


def test_a_helper_stops_where_few_are_left_and_the_first_goes_on(
    toy: ToyFeatures, loop: asyncio.AbstractEventLoop
) -> None:
    waiting = Waiting(1)
    waiting.add(toy, jobs(toy, loop, 4))
    assert taken(waiting, FIRST_LANE).lane_to_start == 1
    assert taken(waiting, 1).is_shared
    assert taken(waiting, FIRST_LANE).is_shared  # as the other is not done
    assert waiting.take(1) is None
    assert not taken(waiting, FIRST_LANE).is_shared


def test_the_first_begins_anew_beside_a_helper(toy: ToyFeatures, loop: asyncio.AbstractEventLoop) -> None:
    waiting = Waiting(1)
    waiting.add(toy, jobs(toy, loop, 4))
    assert taken(waiting, FIRST_LANE).lane_to_start == 1
    assert taken(waiting, 1).batch
    assert taken(waiting, FIRST_LANE).batch
    assert taken(waiting, FIRST_LANE).batch
    assert waiting.take(FIRST_LANE) is None
    assert waiting.add(toy, jobs(toy, loop, 1))
    assert taken(waiting, FIRST_LANE).is_shared


def test_one_lane_is_never_helped(toy: ToyFeatures, loop: asyncio.AbstractEventLoop) -> None:
    toy.lanes = 1
    waiting = Waiting(4)
    waiting.add(toy, jobs(toy, loop, 40))
    first = taken(waiting, FIRST_LANE)
    assert (len(first.batch), first.is_shared, first.lane_to_start) == (4, False, None)
    assert waiting.take(1) is None


def test_a_wait_is_told_by_how_fast_all_lanes_together_shorten_the_queue(
    toy: ToyFeatures, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("inference_common.waiting.time.perf_counter", lambda: now)
    waiting = Waiting(1)
    waiting.add(toy, jobs(toy, loop, 40))
    running = {lane: taken(waiting, lane) for lane in range(LANES)}
    for step in range(20):  # a batch takes a second, and two run at once
        now += 0.5
        waiting.time(toy, is_shared=True).observe(1, 1.0)
        waiting.done(running[step % LANES])
        running[step % LANES] = taken(waiting, step % LANES)
    assert waiting.seconds() == pytest.approx(18 * 0.5, rel=0.1)


def test_a_single_input_does_not_stand_behind_anothers_thousand(
    toy: ToyFeatures, loop: asyncio.AbstractEventLoop
) -> None:
    toy.lanes = 1
    waiting = Waiting(32)
    waiting.add(toy, jobs(toy, loop, 1000, "many"))
    assert len(taken(waiting, FIRST_LANE).batch) == 32
    (other,) = jobs(toy, loop, 1, "one", cost=50)  # of another cost: it does not join the others' calls
    waiting.add(toy, [other])
    assert any(other in taken(waiting, FIRST_LANE).batch for _ in range(2))
    assert len(waiting) > 900


def test_callers_fill_a_batch_together(toy: ToyFeatures, loop: asyncio.AbstractEventLoop) -> None:
    toy.lanes = 1
    waiting = Waiting(8)
    for caller, count in (("many", 100), ("some", 2), ("one", 1)):
        waiting.add(toy, jobs(toy, loop, count, caller))
    callers = [job.caller for job in taken(waiting, FIRST_LANE).batch]
    assert sorted(map(str, callers)) == ["many"] * 5 + ["one"] + ["some"] * 2


def test_what_nobody_waits_for_leaves_at_once(toy: ToyFeatures, loop: asyncio.AbstractEventLoop) -> None:
    waiting = Waiting(32)
    left, stays = jobs(toy, loop, 300, "left"), jobs(toy, loop, 1, "stays")
    waiting.add(toy, left)
    waiting.add(toy, stays)
    waiting.drop(left)
    waiting.drop(left)
    assert (len(waiting), waiting.of("left"), waiting.of("stays")) == (1, 0, 1)
    assert list(taken(waiting, FIRST_LANE).batch) == list(stays)
    waiting.drop(stays)  # which runs
    assert waiting.take(FIRST_LANE) is None


def test_between_the_steps_of_a_call_only_others_come(toy: ToyFeatures, loop: asyncio.AbstractEventLoop) -> None:
    waiting = Waiting(4)
    waiting.add(toy, jobs(toy, loop, 6, "long"))
    running = taken(waiting, FIRST_LANE)
    assert waiting.take_for_others({"long"}) is None
    waiting.add(toy, jobs(toy, loop, 1, "other"))
    between = waiting.take_for_others({"long"})
    assert between is not None
    assert "other" in [job.caller for job in between.batch]
    assert between.lane_to_start is None
    assert not set(between.batch) & set(running.batch)


@given(st.lists(st.one_of(st.none(), st.integers(1, 60)), max_size=200), st.integers(1, 40))
def test_callers_who_wait_for_one_thing_each_are_batched_as_one_caller_is(
    steps: list[int | None], max_batch_size: int
) -> None:
    def batches(*, is_one: bool) -> list[list[int]]:
        waiting, found, numbers = Waiting(max_batch_size), list[list[int]](), dict[Job, int]()
        for number, cost in enumerate(steps):
            if cost is not None:
                job = Job(toy, "a", PLAIN, cost, loop.create_future(), "one" if is_one else number)
                numbers[job] = number
                waiting.add(toy, [job])
            elif (next_one := waiting.take(FIRST_LANE)) is not None:
                waiting.ran(next_one.batch, 0.004 + 0.0002 * sum(job.cost for job in next_one.batch), is_shared=False)
                found.append([numbers[job] for job in next_one.batch])
        return found

    loop = asyncio.new_event_loop()
    toy = ToyFeatures.__new__(ToyFeatures)
    toy.max_batch_size = 32
    try:
        assert batches(is_one=True) == batches(is_one=False)
    finally:
        loop.close()


class Simulated:
    """A model in simulated time, which takes what a small network on two cores does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, toy: ToyFeatures, loop: asyncio.AbstractEventLoop) -> None:
        self.now, self.waiting, self._toy, self._loop = 0.0, Waiting(32), toy, loop
        toy.lanes = 1
        monkeypatch.setattr("inference_common.waiting.time.perf_counter", lambda: self.now)
        monkeypatch.setattr("inference_common.jobs.time.perf_counter", lambda: self.now)

    def add(self, costs: Sequence[int], caller: str, params: FeatureExtractionParams = PLAIN) -> list[Job]:
        made = [Job(self._toy, "a", params, cost, self._loop.create_future(), caller, self.now) for cost in costs]
        self.waiting.add(self._toy, made)
        return made

    def run(self) -> bool:
        """One batch, if any waits."""
        next_one = self.waiting.take(FIRST_LANE)
        if next_one is None:
            return False
        seconds = 0.004 + 0.00022 * len(next_one.batch) * max(job.cost for job in next_one.batch)
        self.now += seconds
        self.waiting.ran(next_one.batch, seconds, is_shared=False)
        self.waiting.done(next_one)
        for job in next_one.batch:
            job.future.set_result(Timed(None, 0, 0))
        return True

    def seconds_until(self, job: Job) -> float:
        """How long until this is done."""
        began = self.now
        while not job.future.done():
            assert self.run()
        return self.now - began


@pytest.mark.parametrize("before", ["alone", "by parameters", "nothing"])
def test_a_wait_is_told_within_a_factor_of_two(
    toy: ToyFeatures, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    simulated, chance = Simulated(monkeypatch, toy, loop), random.Random(0)
    for n in range(300 if before != "nothing" else 0):  # a quiet time, or one of few that cannot go together
        for some in range(1 if before == "alone" else 6):
            simulated.add([chance.randint(5, 40)], f"few {n} {some}", FeatureExtractionParams(dimensions=1 + some))
        while simulated.run():
            simulated.now += 0.001
    for caller in ("many", "more"):
        simulated.add([chance.choice([10, 250]) for _ in range(1024)], caller)
    for _ in range(8):
        simulated.run()
    told = took = 0.0
    for n in range(10):
        told += simulated.waiting.seconds_for(f"one {n}")
        (one,) = simulated.add([20], f"one {n}")
        took += simulated.seconds_until(one)
    assert took < 10 * 4
    assert took / 2 < told < took * 2
    told, whole = simulated.waiting.seconds_for("many"), simulated.waiting.seconds()
    (last,) = simulated.add([20], "many")
    began = simulated.now
    took = simulated.seconds_until(last)
    assert took / 2 < told < took * 2
    while simulated.run():
        pass
    assert (simulated.now - began) / 2 < whole < (simulated.now - began) * 2
