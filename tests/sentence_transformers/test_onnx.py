"""Models in their ONNX form give the library's own numbers, and what would give others is not served."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from inference_common.testing.onnx import write_lookup

from scripts.choice import packaged_demo
from scripts.envs import python_of
from scripts.images import library

from ..conftest import tiny_model
from ..environment import run_in
from ..official import CLIENTS, ask
from ..servers import optimization, start_process, wait_for_optimization
from ..test_contract import assert_close

KNOWN = library("sentence-transformers")
TEXTS = ["That is a happy person", "œuvre 日本", "Today is a sunny day " * 60, "a"]
CLOSE = 1e-5
PAIRS = {"query": "a happy person", "texts": ["the dog", "a sad person in paris", "what is that?"]}
MANY = [f"the dog{' is sad' * (n % 7)} in paris {n}" for n in range(80)]  # more than go at once
SIMILAR = {"source_sentence": "a happy person", "sentences": ["the dog", "a sad person in paris", *MANY]}
pytestmark = pytest.mark.timeout(600)  # making one takes a process that imports torch


def answered(
    model: Path, task: str, inputs: object, home: Path, optimize: str, **parameters: object
) -> tuple[str, Any]:
    """How it was computed, and the answer, of a server that lives for this one request."""
    server = start_process(KNOWN, task, str(model), HF_HOME=str(home), OPTIMIZE=optimize)
    answer = server.client.post("/", json={"inputs": inputs, "parameters": parameters})
    assert answer.status_code == 200, answer.text
    server.client.close()
    assert server.stop() == 0
    return answer.headers["x-compute-type"], answer.json()


def test_it_is_made_once_and_gives_the_library_s_numbers(tmp_path: Path) -> None:
    demo = packaged_demo(KNOWN)
    said = ask([str(python_of(KNOWN)), str(CLIENTS / "direct.py")], {"folder": demo, "texts": TEXTS})
    made = []
    for optimize in ("onnx", "auto"):
        how, vectors = answered(Path(demo), "feature-extraction", TEXTS, tmp_path, optimize)
        assert how == "cpu+optimized"
        np.testing.assert_allclose(vectors, said["embeddings"], rtol=0, atol=CLOSE)
        made.append({file: file.stat().st_mtime_ns for file in tmp_path.rglob("model.onnx")})
    (file,) = made[0]
    assert made[1] == made[0]
    assert "Transpose" not in {node.op_type for node in onnx.load(file).graph.node}  # of which attention needs none


def test_bytes_agree_nearly_and_are_a_fraction_of_the_size(tmp_path: Path) -> None:
    demo = packaged_demo(KNOWN)
    said = ask([str(python_of(KNOWN)), str(CLIENTS / "direct.py")], {"folder": demo, "texts": TEXTS})
    how, vectors = answered(Path(demo), "feature-extraction", TEXTS, tmp_path, "int8")
    assert how == "cpu+optimized"
    assert (np.array(vectors) * np.array(said["embeddings"])).sum(1).min() > 0.97
    (whole,), (small,) = tmp_path.rglob("model.onnx"), tmp_path.rglob("int8.onnx")
    assert small.stat().st_size < whole.stat().st_size / 3


@pytest.mark.parametrize(("task", "inputs"), [("text-ranking", PAIRS), ("sentence-similarity", SIMILAR)])
def test_other_tasks_answer_as_before_once_the_model_has_changed_over(
    tmp_path: Path, task: str, inputs: object
) -> None:
    server = start_process(KNOWN, task, str(tiny_model(KNOWN, task)), HF_HOME=str(tmp_path), OPTIMIZE="auto")
    try:
        before = server.client.post("/", json={"inputs": inputs})
        wait_for_optimization(server)
        after = server.client.post("/", json={"inputs": inputs})
    finally:
        server.client.close()
        assert server.stop() == 0
    assert [answer.headers["x-compute-type"] for answer in (before, after)] == ["cpu", "cpu+optimized"]
    assert_close(after.json(), before.json())


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_side_that_is_asked_for_is_cut(tmp_path: Path, side: str) -> None:
    model = tiny_model(KNOWN, "feature-extraction")
    texts = ["the dog is a happy person " * 200 + "in paris today", *TEXTS]
    _, ours = answered(model, "feature-extraction", texts, tmp_path, "onnx", truncation_direction=side)
    _, theirs = answered(model, "feature-extraction", texts, tmp_path, "none", truncation_direction=side)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=CLOSE)


def test_a_file_of_the_repository_that_gives_other_numbers_is_not_taken(tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(tiny_model(KNOWN, "feature-extraction"), model)
    _, right = answered(model, "feature-extraction", TEXTS, tmp_path, "none")
    write_lookup(model / "onnx" / "model.onnx", "last_hidden_state")
    how, vectors = answered(model, "feature-extraction", TEXTS, tmp_path, "onnx")
    assert how == "cpu+optimized"  # by another file, which was exported
    np.testing.assert_allclose(vectors, right, rtol=0, atol=CLOSE)


def test_a_model_whose_answers_differ_around_the_network_keeps_the_library_s_own(tmp_path: Path) -> None:
    model = tmp_path / "model"
    run_in(KNOWN, Path(__file__).parent / "roberta.py", model)
    said = ask([str(python_of(KNOWN)), str(CLIENTS / "direct.py")], {"folder": str(model), "texts": TEXTS})
    server = start_process(KNOWN, "feature-extraction", str(model), HF_HOME=str(tmp_path), OPTIMIZE="onnx")
    try:
        answer = server.client.post("/", json={"inputs": TEXTS})
        state, reason = optimization(server)
    finally:
        server.client.close()
        assert server.stop() == 0
    assert answer.headers["x-compute-type"] == "cpu"
    assert state == "failed"
    assert reason.startswith("an answer of feature-extraction is off by")
    np.testing.assert_allclose(answer.json(), said["embeddings"], rtol=0, atol=CLOSE)


def test_what_only_the_library_does_is_left_to_it_and_told(tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(tiny_model(KNOWN, "feature-extraction"), model)
    pooling = model / "1_Pooling" / "config.json"
    pooling.write_text(json.dumps({**json.loads(pooling.read_text()), "include_prompt": False}))
    server = start_process(KNOWN, "feature-extraction", str(model), HF_HOME=str(tmp_path), OPTIMIZE="onnx")
    try:
        assert server.client.post("/", json={"inputs": "a"}).headers["x-compute-type"] == "cpu"
        assert optimization(server) == ("none", "the tokens of a prompt are not pooled")
    finally:
        server.client.close()
        assert server.stop() == 0


def test_an_older_cross_encoder_answers_by_the_file_that_it_carries(tmp_path: Path) -> None:
    model, home = tmp_path / "model", tmp_path / "home"
    shutil.copytree(tiny_model(KNOWN, "text-ranking"), model)
    for file in ("modules.json", "config_sentence_transformers.json", "sentence_bert_config.json"):
        (model / file).unlink()
    older = {"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"}
    config = model / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), **older}))
    how, expected = answered(model, "text-ranking", PAIRS, home, "none")
    assert how == "cpu"
    assert not all(0 <= one["score"] <= 1 for one in expected)  # as a sigmoid's are
    answered(model, "text-ranking", PAIRS, home, "onnx")
    (exported,) = home.rglob("model.onnx")
    (model / "onnx").mkdir()
    exported.replace(model / "onnx" / "model.onnx")
    how, scores = answered(model, "text-ranking", PAIRS, tmp_path / "another home", "onnx")
    assert how == "cpu+optimized"
    assert not list(tmp_path.joinpath("another home").rglob("model.onnx"))  # nothing was exported
    assert_close(scores, expected)
