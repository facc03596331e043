"""A batch that a GPU has no memory for: its inputs run alone, and the batches that follow are smaller."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from inference_common import device
from inference_common.batcher import Batcher
from inference_common.metrics import Metrics
from inference_common.source import FolderSource
from inference_common.tasks.text import FeatureExtractionParams
from inference_common.worker import ModelThread
from toys.pipelines.feature_extraction import ToyFeatures

PLAIN = FeatureExtractionParams()


class Full(ToyFeatures):
    """Has memory for two inputs at once."""

    def batch(self, inputs: Sequence[str], params: FeatureExtractionParams) -> Sequence[Any]:
        answers = super().batch(inputs, params)
        if len(inputs) > 2:
            raise MemoryError
        return answers


def test_a_full_gpu_makes_batches_smaller(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "is_out_of_memory", lambda error: isinstance(error, MemoryError))
    toy = Full(FolderSource(model_folder), "cpu")

    async def run() -> None:
        thread = ModelThread()
        batcher = Batcher(thread, Metrics().of_model("toy"), max_queue=9, max_batch_size=32)
        for _ in range(2):
            answers = await batcher.submit(toy, ["a", "bc", "def", "ghij"], PLAIN, [1] * 4)
            assert [float(answer.output[0]) for answer in answers] == [1, 2, 3, 4]
        assert batcher.max_batch_size(toy) == 2
        thread.stop()

    asyncio.run(run())
    sizes = [len(batch) for batch in toy.batches]
    assert sizes[:5] == [4, 1, 1, 1, 1]
    assert max(sizes[5:]) <= 2
