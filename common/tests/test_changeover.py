"""A model changes over to another form of its network while it answers, and keeps its own where anything is wrong."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Connect
from huggingface_hub import constants
from inference_common import changeover, memory
from inference_common.batcher import Batcher
from inference_common.metrics import Metrics
from inference_common.onnx.search import current
from inference_common.pipeline import Pipeline
from inference_common.source import FolderSource, ModelSource, Optimize
from inference_common.tasks.text import FeatureExtractionParams, RankedText
from inference_common.worker import ModelThread
from starlette.testclient import TestClient
from toys.pipelines.feature_extraction import ToyFeatures
from toys.pipelines.text_ranking import ToyRanking
from toys.waiting import until

PLAIN = FeatureExtractionParams()
MIB = 2**20


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(constants, "HF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(memory, "available", lambda: 4096 * MIB)
    return tmp_path / "home"


class Exported(ToyFeatures):
    """The other form of the toy; `off` is how far its numbers are from the toy's."""

    is_optimized = True
    off = 0.0

    def batch(self, inputs: Sequence[str], params: FeatureExtractionParams) -> Any:
        return [answer + self.off for answer in super().batch(inputs, params)]


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> type[Exported]:
    """The toy has an ONNX form, which is exported on `onnx` alone."""
    modes: list[Optimize] = []
    may_go_on = threading.Event()
    may_go_on.set()

    def optimized(cls: type[ToyFeatures], model: ModelSource, mode: Optimize) -> ToyFeatures | None:
        modes.append(mode)
        search = current()
        search.has_form = True
        search.is_pending = mode == "auto"
        if mode == "auto":
            return None
        may_go_on.wait(20)
        return kind(model, "cpu")  # type: ignore[no-any-return]

    kind: Any = type(
        "Exported", (Exported,), {"modes": modes, "may_go_on": may_go_on, "optimized": classmethod(optimized)}
    )
    monkeypatch.setattr(ToyFeatures, "optimized", classmethod(optimized))
    found: type[Exported] = kind
    return found


def optimization(client: TestClient) -> dict[str, str]:
    found: dict[str, str] = client.get("/info").json()["optimization"]
    return found


def settled(client: TestClient) -> dict[str, str]:
    until(lambda: optimization(client)["state"] not in {"pending", "exporting"})
    return optimization(client)


def test_it_changes_over_by_itself_and_says_so_everywhere(connect: Connect, exported: type[Exported]) -> None:
    client = connect(device="cpu")
    assert settled(client) == {"state": "verified", "reason": ""}
    assert client.get("/info").json()["form"] == "onnx"
    answer = client.post("/", json={"inputs": "abc"})
    assert (answer.json(), answer.headers["x-compute-type"]) == ([3, 1], "cpu+optimized")
    ranked = {"inputs": {"query": "abc", "texts": ["x", "ab"]}}
    assert client.post("/pipeline/text-ranking/toy", json=ranked).status_code == 200
    assert 'model_optimization{model="toy",model_optimization="verified"} 1.0' in client.get("/metrics").text


def test_no_request_fails_across_it(connect: Connect, exported: Any) -> None:
    exported.may_go_on.clear()
    client = connect(device="cpu")
    answers: list[tuple[int, object, str]] = []

    def ask() -> None:
        while not answers or answers[-1][2] == "cpu":
            answer = client.post("/", json={"inputs": "abc"})
            answers.append((answer.status_code, answer.json(), answer.headers["x-compute-type"]))

    callers = [threading.Thread(target=ask) for _ in range(4)]
    for caller in callers:
        caller.start()
    until(lambda: len(answers) > 20)
    assert {how for *_, how in answers} == {"cpu"}
    exported.may_go_on.set()
    for caller in callers:
        caller.join()
    assert {answer[:2] == (200, [3, 1]) for answer in answers} == {True}


def test_it_is_never_tried_with_optimize_none(connect: Connect, exported: Any) -> None:
    found = settled(connect(device="cpu", optimize="none"))
    assert found == {"state": "none", "reason": "OPTIMIZE is none"}
    assert exported.modes == []


def test_a_model_without_another_form_is_left_as_it_is(connect: Connect) -> None:
    assert settled(connect(device="cpu")) == {"state": "none", "reason": "the model has no ONNX form here"}


def test_other_answers_are_refused(connect: Connect, exported: type[Exported]) -> None:
    exported.off = 0.01
    client = connect(device="cpu")
    found = settled(client)
    assert found["state"] == "failed"
    assert "an answer of feature-extraction is off by" in found["reason"]
    assert client.post("/", json={"inputs": "abc"}).json() == [3, 1]


def test_an_error_changes_nothing(connect: Connect, exported: type[Exported], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ToyRanking, "adopt", classmethod(lambda cls, other: None if other.is_optimized else cls.of()))
    monkeypatch.setattr(ToyRanking, "of", classmethod(lambda cls: cls(None, "cpu")), raising=False)
    client = connect(device="cpu")
    assert "TypeError: the ONNX form does not answer text-ranking" in settled(client)["reason"]
    assert client.get("/info").json()["form"] == "library"
    assert client.post("/", json={"inputs": "abc"}).headers["x-compute-type"] == "cpu"


def test_without_memory_for_it_nothing_is_exported(
    connect: Connect, exported: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "available", lambda: 100 * MIB)
    found = settled(connect(device="cpu"))
    assert found == {"state": "skipped", "reason": "an export takes about 600 MiB of memory, and 100 MiB are available"}
    assert exported.modes == ["auto"]


def play(scenario: Any) -> None:
    async def run() -> None:
        thread = ModelThread()
        await scenario(thread, Batcher(thread, Metrics().of_model("toy"), max_queue=100, max_batch_size=4))
        thread.stop()

    asyncio.run(run())


def test_what_waits_is_answered_by_the_new_form_and_the_old_one_is_let_go(model_folder: Path) -> None:
    async def scenario(thread: ModelThread, batcher: Batcher) -> None:
        old, new = ToyFeatures(FolderSource(model_folder), "cpu"), Exported(FolderSource(model_folder), "cpu")
        busy = asyncio.ensure_future(batcher.submit(old, ["sleep 0.2"], PLAIN, [1]))
        await asyncio.sleep(0.05)
        forms = {old: new}
        swapped = asyncio.ensure_future(thread.run(lambda: batcher.replace(forms)))  # behind what runs
        await asyncio.sleep(0)
        waiting = asyncio.ensure_future(batcher.submit(old, ["a", "bb"], PLAIN, [1, 1]))
        await asyncio.gather(busy, swapped)
        assert [float(answer.output[0]) for answer in await waiting] == [1, 2]
        assert (old.batches, new.batches) == ([["sleep 0.2"]], [["a", "bb"]])
        (late,) = await batcher.submit(old, ["ccc"], PLAIN, [1])  # prepared for the old one before
        assert float(late.output[0]) == 3
        assert new.batches[-1] == ["ccc"]
        gone = weakref.ref(old)
        forms.clear()
        del old, busy, swapped, waiting
        await thread.run(lambda: None)
        gc.collect()
        assert gone() is None

    play(scenario)


class Slow(ToyFeatures):
    lanes = 2


def test_what_runs_in_another_lane_is_finished_by_the_old_form(model_folder: Path) -> None:
    async def scenario(thread: ModelThread, batcher: Batcher) -> None:
        old, new = Slow(FolderSource(model_folder), "cpu"), Exported(FolderSource(model_folder), "cpu")
        texts = ["sleep 0.2"] * 4
        running = asyncio.ensure_future(batcher.submit(old, texts, PLAIN, [1] * 4))
        await asyncio.sleep(0.1)
        await thread.run(lambda: batcher.replace({old: new}))
        assert len(await running) == 4
        assert (old, False) not in batcher._waiting._times
        assert (old, True) not in batcher._waiting._times
        await thread.run(batcher.close)

    play(scenario)


def test_tasks_that_share_weights_share_the_new_ones() -> None:
    class Other(Pipeline[Any, Any, list[RankedText]]):
        def __init__(self, model: Any, device: str) -> None:
            self.weights = device

        def __call__(self, inputs: Any, params: Any) -> list[RankedText]:
            return []

        @classmethod
        def adopt(cls, other: Any) -> Other:
            return cls(None, other.weights)

    before = {"a": Other(None, "old"), "b": Other(None, "old")}
    after = changeover.shared(before, Other(None, "new"))
    assert list(after) == ["a", "b"]
    assert {pipeline.weights for pipeline in after.values()} == {"new"}  # type: ignore[attr-defined]
