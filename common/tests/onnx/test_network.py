from pathlib import Path

import numpy as np
import pytest
from inference_common import threads
from inference_common.onnx import network as network_module
from inference_common.onnx.network import OnnxNetwork
from inference_common.testing.onnx import write_lookup


@pytest.fixture
def network(tmp_path: Path) -> OnnxNetwork:
    write_lookup(tmp_path / "model.onnx", "out", rows=10, width=4)
    return OnnxNetwork(tmp_path / "model.onnx", ["out"])


def test_names_that_it_does_not_take_are_left_out(network: OnnxNetwork) -> None:
    ids = np.array([[1, 2, 3], [3, 2, 1]])
    answer = network({"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": ids})["out"]
    assert network.inputs == {"input_ids", "attention_mask"}
    assert answer.shape == (2, 3, 4)
    np.testing.assert_array_equal(answer[0], answer[1, ::-1])


def test_outputs_of_other_names_are_taken_in_their_order(tmp_path: Path) -> None:
    write_lookup(tmp_path / "model.onnx", "token_embeddings", rows=10, width=4)
    network = OnnxNetwork(tmp_path / "model.onnx", ["last_hidden_state"])
    (answer,) = network({"input_ids": np.array([[1]]), "attention_mask": np.array([[1]])}).items()
    assert answer[0] == "last_hidden_state"
    assert answer[1].shape == (1, 1, 4)


def test_a_small_file_runs_side_by_side_and_answers_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_module, "cores", lambda: 3)
    write_lookup(tmp_path / "model.onnx", "out", rows=10, width=4)
    network = OnnxNetwork(tmp_path / "model.onnx", ["out"], side_by_side=True)
    asked = {"input_ids": np.array([[1, 2, 3]]), "attention_mask": np.ones((1, 3), np.int64)}
    alone = network(asked)["out"]
    with threads.shared(True):
        np.testing.assert_array_equal(network(asked)["out"], alone)
    assert network.lanes == 3
    assert network._shared is not network._alone


def test_a_large_file_is_in_memory_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_module, "cores", lambda: 3)
    monkeypatch.setattr(network_module, "FEW_WEIGHTS", 10)
    write_lookup(tmp_path / "model.onnx", "out", rows=10, width=4)
    network = OnnxNetwork(tmp_path / "model.onnx", ["out"], side_by_side=True)
    assert network.lanes == 1
    assert network._shared is network._alone
