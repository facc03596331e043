"""The variant without torch: small, the library's own numbers, and plain about what it cannot run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scripts.choice import packaged_demo
from scripts.envs import python_of
from scripts.images import ROOT, library
from scripts.ports import free_port

from ..conftest import tiny_model
from ..official import CLIENTS, ask
from ..servers import start_process
from .test_onnx import CLOSE, TEXTS, answered

KNOWN, SLIM = library("sentence-transformers"), library("sentence-transformers-onnx")
MOST_BYTES = 250_000_000


def test_its_environment_is_small_and_has_no_torch() -> None:
    folder = python_of(SLIM).parent.parent
    sizes = [file.lstat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink()]
    assert sum(sizes) < MOST_BYTES
    assert not list(folder.rglob("site-packages/torch"))


@pytest.mark.timeout(300)  # the file is made by a process that imports torch
def test_a_real_model_answers_as_the_library_does(tmp_path: Path) -> None:
    demo = Path(packaged_demo(KNOWN))
    answered(demo, "feature-extraction", "a", tmp_path, "onnx")
    (made,) = tmp_path.rglob("model.onnx")
    model = tmp_path / "model"
    shutil.copytree(demo, model, ignore=shutil.ignore_patterns("*.safetensors"))
    model.joinpath("onnx").mkdir()
    made.replace(model / "onnx" / "model.onnx")

    server = start_process(SLIM, "feature-extraction", str(model), HF_HOME=str(tmp_path / "home"))
    answer = server.client.post("/", json={"inputs": TEXTS})
    server.client.close()
    assert server.stop() == 0
    assert answer.headers["x-compute-type"] == "cpu+optimized"
    said = ask([str(python_of(KNOWN)), str(CLIENTS / "direct.py")], {"folder": str(demo), "texts": TEXTS})
    np.testing.assert_allclose(answer.json(), said["embeddings"], rtol=0, atol=CLOSE)


def why_not(model: Path) -> str:
    """What is said as a model does not start."""
    command = [sys.executable, str(ROOT / "manage.py"), "start", str(model), "--library", SLIM.name]
    done = subprocess.run([*command, "--port", str(free_port())], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return done.stderr


def test_a_model_without_a_file_is_told_the_image_that_runs_it(tmp_path: Path) -> None:
    model = tiny_model(SLIM, "feature-extraction")
    shutil.copytree(model, tmp_path / "model", ignore=shutil.ignore_patterns("*.onnx"))
    assert "it has none; serve it from the image inference-sentence-transformers" in why_not(tmp_path / "model")


def test_a_model_that_only_the_library_runs_is_refused_with_the_reason(tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(tiny_model(SLIM, "feature-extraction"), model)
    pooling = model / "1_Pooling" / "config.json"
    pooling.write_text(json.dumps({**json.loads(pooling.read_text()), "include_prompt": False}))
    assert "the tokens of a prompt are not pooled; serve it from the image" in why_not(model)
