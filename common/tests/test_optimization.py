from __future__ import annotations

from pathlib import Path

import pytest
from inference_common import Settings
from inference_common.metrics import Metrics
from inference_common.optimization import Optimization
from inference_common.source import FolderSource
from toys.pipelines.feature_extraction import ToyFeatures


@pytest.mark.parametrize("mode", ["auto", "onnx", "int8"])
def test_no_other_form_is_looked_for_on_a_gpu(mode: str, model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(ToyFeatures, "optimized", classmethod(lambda cls, model, mode: looked.append(mode)))
    settings = Settings(optimize=mode)  # type: ignore[arg-type]
    optimization = Optimization(FolderSource(model_folder), settings, Metrics().of_model("toy"))
    assert optimization.load(ToyFeatures, "cuda:0") is None
    assert (optimization.state, optimization.reason) == ("none", "the model runs on a GPU")
    assert looked == []
