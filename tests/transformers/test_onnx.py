"""Networks in their ONNX form give the answers that were recorded of the library's own pipelines."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from inference_common.tasks import TASKS
from inference_common.testing.onnx import write_lookup

from scripts.images import library

from ..conftest import tiny_model
from ..servers import Server, start_process, wait_for_optimization
from ..test_contract import post
from .test_recorded import RECORDED, assert_as_recorded

KNOWN = library("transformers")
TEXT = "text-classification"
MODELS = {
    TEXT: TEXT,
    "token-classification": "token-classification",
    "zero-shot-classification": "zero-shot-classification",
    "question-answering": "question-answering",
    "fill-mask": "fill-mask",
    "feature-extraction": "feature-extraction",
    "image-classification": "image-classification",
    "ctc-speech-recognition": "automatic-speech-recognition",
}
"""Tiny models of which answers are recorded, and their tasks."""
pytestmark = pytest.mark.timeout(600)  # making one takes a process that imports torch


@contextlib.contextmanager
def served_as(optimize: str, model: Path, task: str, home: Path) -> Iterator[Server]:
    server = start_process(KNOWN, task, str(model), HF_HOME=str(home), OPTIMIZE=optimize)
    try:
        yield server
    finally:
        server.client.close()
        assert server.stop() == 0


def how(server: Server) -> str:
    """How an answer was computed."""
    answer = post(server, TASKS[server.task].good[0])
    assert answer.status_code == 200, answer.text
    return str(answer.headers["x-compute-type"])


@pytest.mark.parametrize("model", MODELS)
def test_a_model_answers_as_the_library_before_and_after_the_change_over(model: str, tmp_path: Path) -> None:
    with served_as("auto", tiny_model(KNOWN, model), MODELS[model], tmp_path) as server:
        assert how(server) == "cpu"
        assert_as_recorded(server, RECORDED[model])
        wait_for_optimization(server)
        assert how(server) == "cpu+optimized"
        assert_as_recorded(server, RECORDED[model])
    assert len(list(tmp_path.rglob("model.onnx"))) == 1


def test_the_repository_s_file_is_run_if_it_is_right_and_else_one_is_made(tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(tiny_model(KNOWN, TEXT), model)
    own = model / "onnx" / "model.onnx"
    write_lookup(own, "logits")
    for optimize, told in (("auto", "cpu"), ("onnx", "cpu+optimized")):
        with served_as(optimize, model, TEXT, tmp_path) as server:
            assert how(server) == told
            assert_as_recorded(server, RECORDED[TEXT])
    (made,) = (tmp_path / "optimized").rglob("model.onnx")
    made.replace(own)
    with served_as("auto", model, TEXT, tmp_path) as server:
        wait_for_optimization(server)
        assert how(server) == "cpu+optimized"
        assert_as_recorded(server, RECORDED[TEXT])
    assert not list((tmp_path / "optimized").rglob("model.onnx"))


def test_networks_that_write_are_run_as_they_are(tmp_path: Path) -> None:
    task = "automatic-speech-recognition"
    with served_as("onnx", tiny_model(KNOWN, task), task, tmp_path) as server:
        assert how(server) == "cpu"
