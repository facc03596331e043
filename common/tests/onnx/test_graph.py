from pathlib import Path
from typing import Any

import numpy as np
import pytest
from huggingface_hub import constants
from inference_common.onnx import graph, store
from inference_common.onnx.graph import fault_of
from inference_common.onnx.search import Search, searching
from inference_common.onnx.store import OWN, Wanted, network_file
from inference_common.source import FolderSource
from inference_common.testing.onnx import write_lookup
from onnx import TensorProto, helper, numpy_helper

INT64 = TensorProto.INT64


def integers(name: str, *values: int) -> Any:
    return numpy_helper.from_array(np.array(values, dtype=np.int64), name)


def written(folder: Path, *nodes: Any, initializers: Any = (), functions: Any = ()) -> Path:
    tokens = helper.make_tensor_value_info("tokens", INT64, ["batch"])
    made = helper.make_graph(list(nodes), "made", [tokens], [tokens], list(initializers))
    file = folder / "model.onnx"
    file.write_bytes(helper.make_model(made, functions=list(functions)).SerializeToString())
    return file


def body(*nodes: Any) -> Any:
    """A graph within one."""
    flag = helper.make_tensor_value_info("flag", TensorProto.BOOL, [])
    return helper.make_graph(list(nodes), "body", [], [flag])


def test_networks_are_taken(tmp_path: Path) -> None:
    write_lookup(tmp_path / OWN, "last_hidden_state")
    assert fault_of(tmp_path / OWN) is None
    shape = helper.make_node("Constant", [], ["shape"], value=integers("", 12, -1, 1))
    maker = helper.make_node("Expand", ["tokens", "shape"], ["out"])
    other = helper.make_node("ConstantOfShape", ["own"], ["more"], value=integers("value", 2**60))
    branch = helper.make_node("If", ["flag"], ["x"], then_branch=body(maker), else_branch=body())
    assert fault_of(written(tmp_path, shape, maker, other, branch, initializers=[integers("own", 2, 3)])) is None


@pytest.mark.parametrize("kind", ["Loop", "Scan", "SequenceMap", "BeamSearch"])
def test_what_may_run_for_ever_is_not(tmp_path: Path, kind: str) -> None:
    loop = helper.make_node(kind, ["count"], ["x"], body=body())
    assert fault_of(written(tmp_path, loop, initializers=[integers("count", 2**62)])) == (
        f"it has a {kind}, which may run for ever"
    )
    within = helper.make_node("If", ["flag"], ["x"], then_branch=body(loop), else_branch=body())
    assert "may run for ever" in str(fault_of(written(tmp_path, within)))


@pytest.mark.parametrize("kind", sorted(graph.SHAPED_BY_INPUT))
def test_nor_what_makes_tensors_beyond_any_memory(tmp_path: Path, kind: str) -> None:
    maker = helper.make_node(kind, ["tokens", "shape"], ["x"])
    fault = f"it has a {kind} of 1,000,000,000,000 elements"
    assert fault_of(written(tmp_path, maker, initializers=[integers("shape", 10**6, 10**6)])) == fault
    packed = helper.make_tensor("shape", INT64, [2], [10**6, 10**6])
    assert fault_of(written(tmp_path, maker, initializers=[packed])) == fault
    values: list[dict[str, Any]] = [
        {"value": integers("", 10**12)},
        {"value_ints": [-1, 10**6, 10**6]},
        {"value_int": 10**12},
    ]
    for value in values:
        constant = helper.make_node("Constant", [], ["shape"], **value)
        assert fault_of(written(tmp_path, constant, maker)) == fault


@pytest.mark.parametrize("location", ["../../secret", "/etc/passwd", "..", "a/b", "a\\..\\b"])
def test_nor_what_reads_other_files(tmp_path: Path, location: str) -> None:
    tensor = integers("weights", 1)
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location
    assert fault_of(written(tmp_path, initializers=[tensor])) == "its weights are in a file that is not beside it"
    entry.value = "model.onnx_data"
    assert fault_of(written(tmp_path, initializers=[tensor])) is None


def test_nor_what_is_beyond_any_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = body()
    for _ in range(graph.MAX_DEPTH + 1):
        deep = body(helper.make_node("If", ["flag"], ["x"], then_branch=deep))
    assert "deep" in str(fault_of(written(tmp_path, helper.make_node("If", ["flag"], ["x"], then_branch=deep))))
    function = helper.make_function("own", "f", ["a"], ["b"], [], [helper.make_opsetid("", 18)])
    assert fault_of(written(tmp_path, functions=[function])) == "it defines functions of its own"
    monkeypatch.setattr(graph, "MAX_NODES", 10)
    nodes = [helper.make_node("Identity", ["tokens"], [f"x{n}"]) for n in range(11)]
    assert fault_of(written(tmp_path, *nodes)) == "it has more than 10 nodes"


def test_nor_what_is_no_whole_file(tmp_path: Path) -> None:
    whole = written(tmp_path, helper.make_node("Identity", ["tokens"], ["x"]), initializers=[integers("w", 1, 2)])
    content = whole.read_bytes()
    assert fault_of(whole) is None
    for cut in (b"", content[:40], content[:-3], b"\xff" * 100, b"no ONNX file"):
        whole.write_bytes(cut)
        assert fault_of(whole) == "it is no whole ONNX file"
    assert fault_of(tmp_path / "missing.onnx") == "it is no whole ONNX file"


@pytest.mark.parametrize("has_torch", [True, False])
def test_a_repository_s_file_that_loops_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_torch: bool
) -> None:
    monkeypatch.setattr(constants, "HF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(store, "find_spec", lambda name: has_torch or None)
    (tmp_path / "model" / "onnx").mkdir(parents=True)
    loop = helper.make_node("Loop", ["count"], ["x"], body=body())
    written(tmp_path / "model" / "onnx", loop, initializers=[integers("count", 2**62)])
    with searching(Search()) as search:
        assert network_file(FolderSource(tmp_path / "model"), Wanted("a:B", ("logits",)), "auto") is None
    assert search.reason == "the repository's file is not run: it has a Loop, which may run for ever"
