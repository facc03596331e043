import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from inference_common import calls
from inference_common.batcher import Batcher
from inference_common.metrics import Metrics
from inference_common.source import FolderSource
from inference_common.tasks.text import FeatureExtractionParams
from inference_common.worker import ModelThread
from toys.pipelines.feature_extraction import ToyFeatures

PLAIN = FeatureExtractionParams()


class InSteps(ToyFeatures):
    """Counts how many of its calls had begun and not ended, at most."""

    begun = most = 0

    def batch(self, inputs: Sequence[str], params: FeatureExtractionParams) -> Any:
        self.begun += 1
        self.most = max(self.most, self.begun)
        try:
            return super().batch(inputs, params)
        finally:
            self.begun -= 1


def test_quick_calls_come_between_the_steps_of_long_ones(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "SLICE_SECONDS", 0.04)
    toy = InSteps(FolderSource(model_folder), "cpu")

    async def run() -> None:
        thread = ModelThread()
        batcher = Batcher(thread, Metrics().of_model("toy"), max_queue=99, max_batch_size=1)
        long = []
        for caller in range(6):
            long.append(asyncio.ensure_future(batcher.submit(toy, ["steps 20"], PLAIN, [1], caller)))
            await asyncio.sleep(0.01)
        quick = await batcher.submit(toy, ["quick"], PLAIN, [1], "quick")
        assert not all(one.done() for one in long)
        assert [float(timed.output[0]) for timed in quick] == [5]
        for answer in await asyncio.gather(*long):
            assert [float(timed.output[0]) for timed in answer] == [8]
        thread.stop()

    asyncio.run(run())
    assert toy.most == 2
    assert len(toy.batches) <= 6 + 5 + 1  # each long one is begun in vain once at most


def test_one_caller_does_not_come_between_its_own_steps(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "SLICE_SECONDS", 0.0)
    toy = InSteps(FolderSource(model_folder), "cpu")

    async def run() -> None:
        thread = ModelThread()
        batcher = Batcher(thread, Metrics().of_model("toy"), max_queue=99, max_batch_size=1)
        await asyncio.gather(*(batcher.submit(toy, ["steps 5"], PLAIN, [1], "one") for _ in range(3)))
        thread.stop()

    asyncio.run(run())
    assert toy.most == 1
