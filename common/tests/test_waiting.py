import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from inference_common.jobs import Job, Taken
from inference_common.source import FolderSource
from inference_common.tasks.text import FeatureExtractionParams
from inference_common.waiting import FIRST, Waiting
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


def jobs(toy: ToyFeatures, loop: asyncio.AbstractEventLoop, count: int) -> Sequence[Job]:
    return [Job(toy, "a", PLAIN, 1, loop.create_future()) for _ in range(count)]


def taken(waiting: Waiting, lane: int) -> Taken:
    found = waiting.take(lane)
    assert found is not None
    return found


def test_few_run_one_batch_after_the_other(toy: ToyFeatures, loop: asyncio.AbstractEventLoop) -> None:
    waiting = Waiting(32)
    assert waiting.add(toy, jobs(toy, loop, 3))
    assert not waiting.add(toy, [])
    first = taken(waiting, FIRST)
    assert (len(first.batch), first.is_shared, first.helper) == (3, False, None)
    assert waiting.take(FIRST) is None
    assert waiting.add(toy, [])


def test_many_are_shared_among_lanes(toy: ToyFeatures, loop: asyncio.AbstractEventLoop) -> None:
    waiting = Waiting(32)
    waiting.add(toy, jobs(toy, loop, 12))
    first = taken(waiting, FIRST)
    assert (len(first.batch), first.is_shared, first.helper) == (6, True, 1)
    second = taken(waiting, 1)
    assert (len(second.batch), second.is_shared, second.helper) == (3, True, None)  # both are at work


def test_a_helper_stops_where_few_are_left_and_the_first_goes_on(
    toy: ToyFeatures, loop: asyncio.AbstractEventLoop
) -> None:
    waiting = Waiting(1)
    waiting.add(toy, jobs(toy, loop, 4))
    assert taken(waiting, FIRST).helper == 1
    assert taken(waiting, 1).is_shared
    assert taken(waiting, FIRST).is_shared  # as the other is not done
    assert waiting.take(1) is None
    assert not taken(waiting, FIRST).is_shared


def test_the_first_begins_anew_beside_a_helper(toy: ToyFeatures, loop: asyncio.AbstractEventLoop) -> None:
    waiting = Waiting(1)
    waiting.add(toy, jobs(toy, loop, 4))
    assert taken(waiting, FIRST).helper == 1
    assert taken(waiting, 1).batch
    assert taken(waiting, FIRST).batch
    assert taken(waiting, FIRST).batch
    assert waiting.take(FIRST) is None
    assert waiting.add(toy, jobs(toy, loop, 1))
    assert taken(waiting, FIRST).is_shared


def test_one_lane_is_never_helped(toy: ToyFeatures, loop: asyncio.AbstractEventLoop) -> None:
    toy.lanes = 1
    waiting = Waiting(4)
    waiting.add(toy, jobs(toy, loop, 40))
    first = taken(waiting, FIRST)
    assert (len(first.batch), first.is_shared, first.helper) == (4, False, None)
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
