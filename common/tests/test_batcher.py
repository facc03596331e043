import asyncio
import math
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from inference_common import batcher as batcher_module
from inference_common import threads
from inference_common.batcher import MEASURED_CALLS, Batcher
from inference_common.errors import InferenceFailed, InternalError, Overloaded
from inference_common.jobs import Timed
from inference_common.metrics import Metrics
from inference_common.source import FolderSource
from inference_common.tasks.text import FeatureExtractionParams
from inference_common.worker import ModelThread
from toys.pipelines.feature_extraction import ToyFeatures

PLAIN = FeatureExtractionParams()
Scenario = Callable[[Batcher, ToyFeatures], Awaitable[None]]


def play(folder: Path, scenario: Scenario, max_queue: int = 100, max_wait: float = 100.0) -> ToyFeatures:
    toy = ToyFeatures(FolderSource(folder), "cpu")

    async def run() -> None:
        thread = ModelThread()
        metrics = Metrics().of_model("toy")
        batcher = Batcher(thread, metrics, max_queue=max_queue, max_batch_size=32, max_wait=max_wait)
        await scenario(batcher, toy)
        thread.stop()

    asyncio.run(run())
    return toy


def submit(
    batcher: Batcher, toy: ToyFeatures, texts: Sequence[str], params: FeatureExtractionParams = PLAIN
) -> asyncio.Future[list[Timed]]:
    return asyncio.ensure_future(batcher.submit(toy, texts, params, [toy.cost(text) for text in texts]))


async def queued(batcher: Batcher, toy: ToyFeatures) -> asyncio.Future[list[Timed]]:
    """A first job that keeps the model busy, so that what follows gathers."""
    busy = submit(batcher, toy, ["sleep 0.1"])
    await asyncio.sleep(0.02)
    return busy


def test_what_waits_runs_in_one_batch_in_its_callers_order(model_folder: Path) -> None:
    async def scenario(batcher: Batcher, toy: ToyFeatures) -> None:
        await queued(batcher, toy)
        answers = await asyncio.gather(*(submit(batcher, toy, ["x" * n]) for n in (3, 1, 2)))
        assert [float(answer[0].output[0]) for answer in answers] == [3, 1, 2]
        assert all(answer[0].queued > 0 for answer in answers)

    assert len(play(model_folder, scenario).batches) == 2


def test_a_batch_is_bounded_and_holds_equal_parameters_only(model_folder: Path) -> None:
    async def scenario(batcher: Batcher, toy: ToyFeatures) -> None:
        await queued(batcher, toy)
        one = FeatureExtractionParams(dimensions=1)
        wide, narrow = await asyncio.gather(submit(batcher, toy, list("abcdef")), submit(batcher, toy, ["g"], one))
        assert [len(answer.output) for answer in wide] == [2] * 6
        assert [len(answer.output) for answer in narrow] == [1]

    batches = play(model_folder, scenario).batches
    assert sorted(map(len, batches[1:])) == [1, 2, 4]


def test_near_costs_run_together_and_the_oldest_is_never_left(model_folder: Path) -> None:
    async def scenario(batcher: Batcher, toy: ToyFeatures) -> None:
        await queued(batcher, toy)
        await submit(batcher, toy, ["a", "w w w w w", "b", "v v v v v", "c", "d"])

    batches = play(model_folder, scenario).batches
    assert sorted(batches[1]) == ["a", "b", "c", "d"]
    assert sorted(batches[2]) == ["v v v v v", "w w w w w"]


def test_whoever_comes_much_later_passes_nobody(model_folder: Path) -> None:
    async def scenario(batcher: Batcher, toy: ToyFeatures) -> None:
        toy.max_batch_size = 4
        await queued(batcher, toy)
        await submit(batcher, toy, ["a", *["w w w w w"] * 7, *"bcdefgh"])

    # Of the same cost as the oldest, and yet not with it: full calls of others wait before them.
    assert not set("bcdefgh") & set(play(model_folder, scenario).batches[1])


def test_a_full_queue_refuses_and_says_when_to_come_back(model_folder: Path) -> None:
    async def scenario(batcher: Batcher, toy: ToyFeatures) -> None:
        busy = await queued(batcher, toy)
        waiting = submit(batcher, toy, ["a", "b"])
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match="2 inputs wait") as caught:
            await submit(batcher, toy, ["c"])
        assert caught.value.retry_after == 1
        await asyncio.gather(busy, waiting)

    play(model_folder, scenario, max_queue=2)


def test_what_would_wait_for_too_long_is_refused_at_once(model_folder: Path) -> None:
    async def scenario(batcher: Batcher, toy: ToyFeatures) -> None:
        await submit(batcher, toy, ["sleep 0.1"])  # from now on a call takes 0.1 s
        busy = await queued(batcher, toy)
        full = submit(batcher, toy, ["a"] * 4)
        await asyncio.sleep(0)
        rest = submit(batcher, toy, ["a"] * 5)
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match=r"9 inputs wait, for about 0\.[34]") as caught:
            batcher.refuse_past_wait()
        assert caught.value.retry_after == 1
        await asyncio.gather(busy, full, rest)
        batcher.refuse_past_wait()

    play(model_folder, scenario, max_wait=0.2)


def test_a_caller_that_left_costs_nothing(model_folder: Path) -> None:
    async def scenario(batcher: Batcher, toy: ToyFeatures) -> None:
        busy = await queued(batcher, toy)
        left = submit(batcher, toy, ["left"])
        await asyncio.sleep(0)
        left.cancel()
        await busy
        await submit(batcher, toy, ["stayed"])

    assert play(model_folder, scenario).batches == [["sleep 0.1"], ["stayed"]]


def test_one_bad_input_fails_alone(model_folder: Path) -> None:
    async def scenario(batcher: Batcher, toy: ToyFeatures) -> None:
        await queued(batcher, toy)
        good, bad = submit(batcher, toy, ["abc"]), submit(batcher, toy, ["fail"])
        assert float((await good)[0].output[0]) == 3
        with pytest.raises(InferenceFailed, match="ValueError: this text cannot be embedded"):
            await bad

    play(model_folder, scenario)


def test_a_pipeline_that_loses_an_output_is_found_out(model_folder: Path) -> None:
    async def scenario(batcher: Batcher, toy: ToyFeatures) -> None:
        with pytest.raises(InferenceFailed, match="0 outputs for 1 inputs"):
            await submit(batcher, toy, ["short"])

    play(model_folder, scenario)


def test_a_pipeline_that_does_not_stream_says_so(model_folder: Path) -> None:
    toy = ToyFeatures(FolderSource(model_folder), "cpu")
    assert not toy.streams
    with pytest.raises(NotImplementedError, match="ToyFeatures"):
        toy.stream("a", PLAIN)


class Slept(ToyFeatures):
    """Each call takes a time of its own, and each input some."""

    own, each = 0.004, 0.001

    def batch(self, inputs: Sequence[str], params: FeatureExtractionParams) -> Any:
        time.sleep(self.own + self.each * len(inputs))
        return super().batch(inputs, params)


@pytest.mark.parametrize(("quick", "measured"), [(60.0, True), (0.0, False)])
def test_what_a_call_costs_by_itself_is_measured_before_anyone_asks(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch, quick: float, measured: bool
) -> None:
    slow = Slept(FolderSource(model_folder), "cpu")
    monkeypatch.setattr(batcher_module, "MAX_MEASURED_SECONDS", quick)

    async def run() -> None:
        thread = ModelThread()
        batcher = Batcher(thread, Metrics().of_model("toy"), max_queue=9, max_batch_size=32)
        await thread.run(lambda: batcher.measure(slow, "a", PLAIN))
        assert math.isfinite(batcher._waiting.time(slow).own) is measured
        thread.stop()

    asyncio.run(run())
    assert len(slow.batches) == (1 + 2 * MEASURED_CALLS if measured else 1)


class Meeting(ToyFeatures):
    """Tells how many of its calls ran at the same time at most."""

    lanes = 2
    most = running = 0

    def batch(self, inputs: Sequence[str], params: FeatureExtractionParams) -> Any:
        self.running += 1
        self.most = max(self.most, self.running)
        time.sleep(0.3 if threads.is_shared() else 0)
        self.running -= 1
        return super().batch(inputs, params)


def test_where_many_wait_several_calls_run_at_once(model_folder: Path) -> None:
    toy = Meeting(FolderSource(model_folder), "cpu")

    async def run() -> None:
        thread = ModelThread()
        batcher = Batcher(thread, Metrics().of_model("toy"), max_queue=9, max_batch_size=2)
        answers = await submit(batcher, toy, ["a", "bb", "ccc", "dddd"])
        assert [float(answer.output[0]) for answer in answers] == [1, 2, 3, 4]
        before = threading.active_count()
        await thread.run(batcher.close)
        assert threading.active_count() == before - 1
        thread.stop()

    asyncio.run(run())
    assert toy.most == 2


def test_a_lane_that_broke_leaves_nobody_behind_it(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(batcher: Batcher, toy: ToyFeatures) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(batcher._metrics, "observe_batch", lambda *_: 1 / 0)
            lost, behind = (
                submit(batcher, toy, ["a"]),
                submit(batcher, toy, ["b"], FeatureExtractionParams(dimensions=1)),
            )
            for one in (lost, behind):
                with pytest.raises(InternalError, match="An internal error occurred"):
                    await one
        assert (await submit(batcher, toy, ["b"]))[0].output is not None

    play(model_folder, scenario)


def test_a_wait_is_that_of_the_caller(model_folder: Path) -> None:
    async def scenario(batcher: Batcher, toy: ToyFeatures) -> None:
        await batcher.submit(toy, ["sleep 0.1"], PLAIN, [1], "many")
        many = asyncio.ensure_future(batcher.submit(toy, ["sleep 0.01"] * 60, PLAIN, [1] * 60, "many"))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match="inputs wait"):
            batcher.refuse_past_wait("many")
        batcher.refuse_past_wait("one")
        await many

    play(model_folder, scenario, max_wait=0.5)
