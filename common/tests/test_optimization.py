from __future__ import annotations

import json
from pathlib import Path

import pytest
from huggingface_hub import constants
from inference_common import Settings, memory, threads
from inference_common.metrics import Metrics
from inference_common.onnx.search import current
from inference_common.optimization import Optimization
from inference_common.source import FolderSource, ModelSource
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


@pytest.fixture
def optimization(model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Optimization, Metrics]:
    """Of a toy on a CPU, and the metrics it is counted in; its cache is empty, and there is memory for an export."""
    monkeypatch.setattr(constants, "HF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(memory, "available", lambda: 2**32)
    monkeypatch.setattr(threads, "quota", lambda: 4.0)
    metrics = Metrics()
    settings = Settings(optimize="auto")
    return Optimization(FolderSource(model_folder), settings, metrics.of_model("toy")), metrics


@pytest.mark.parametrize("mark_is_writable", [True, False])
def test_an_error_after_the_export_refuses_the_file_at_later_starts_too(
    optimization: tuple[Optimization, Metrics],
    model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mark_is_writable: bool,
) -> None:
    mark = tmp_path / "model.json" if mark_is_writable else tmp_path / "missing" / "model.json"

    def optimized(cls: type[ToyFeatures], model: ModelSource, mode: str) -> ToyFeatures:
        current().mark = mark
        return cls(model, "cpu")

    monkeypatch.setattr(ToyFeatures, "optimized", classmethod(optimized))
    exporting, _ = optimization
    assert exporting.export(ToyFeatures) is not None
    exporting.fail(RuntimeError("no kernel for this shape"))
    assert (exporting.state, exporting.reason) == ("failed", "RuntimeError: no kernel for this shape")
    if mark_is_writable:
        assert json.loads(mark.read_text()) == {"taken": False, "why": exporting.reason}


def test_an_export_that_ends_after_its_model_is_gone_is_not_in_the_metrics(
    optimization: tuple[Optimization, Metrics],
) -> None:
    exporting, metrics = optimization
    exporting.set("exporting")
    assert b'model_optimization{model="toy"' in metrics.render()[0]
    exporting.stop()
    metrics.of_model("toy").forget()
    exporting.set("failed", "its process was ended by signal 9")
    assert b"model_optimization{" not in metrics.render()[0]


def test_a_form_that_is_taken_after_the_export_is_loaded_at_later_starts(
    optimization: tuple[Optimization, Metrics], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "model.json"

    def optimized(cls: type[ToyFeatures], model: ModelSource, mode: str) -> ToyFeatures:
        assert current().compares
        current().mark = mark
        mark.write_text(json.dumps({"taken": True, "why": "", "is_uncompared": True}))
        return cls(model, "cpu")

    monkeypatch.setattr(ToyFeatures, "optimized", classmethod(optimized))
    exporting, _ = optimization
    assert exporting.export(ToyFeatures) is not None
    exporting.take("onnx")
    assert (exporting.state, exporting.form) == ("verified", "onnx")
    assert json.loads(mark.read_text()) == {"taken": True, "why": "", "is_uncompared": False}
    mark.unlink()
    exporting.take("onnx")  # without a verdict to change, as where the folder was removed
    assert exporting.state == "verified"
