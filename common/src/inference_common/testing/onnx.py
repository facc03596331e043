"""Small ONNX files for tests: networks that look each token up in a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper


def write_lookup(file: Path, output: str, rows: int = 2000, width: int = 32, seed: int = 0) -> None:
    """Write a network of `input_ids` (n, tokens) and `attention_mask` whose `output` is (n, tokens, width)."""
    node = helper.make_node("Gather", ["table", "input_ids"], [output])
    table = np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)
    _write(file, [node], table, helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", "t", width]))


def write_sums(file: Path, output: str, rows: int = 2000, width: int = 1, seed: int = 0) -> None:
    """As write_lookup, but the sum over the tokens that are none of padding: `output` is (n, width)."""
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["found"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Einsum", ["found", "mask"], [output], equation="ntw,nt->nw"),
    ]
    table = np.random.default_rng(seed).normal(scale=0.3, size=(rows, width)).astype(np.float32)
    _write(file, nodes, table, helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", width]))


def _write(
    file: Path, nodes: Sequence[onnx.NodeProto], table: npt.NDArray[np.float32], told: onnx.ValueInfoProto
) -> None:
    ids, mask = (
        helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"]) for name in ("input_ids", "attention_mask")
    )
    graph = helper.make_graph(nodes, "lookup", [ids, mask], [told], [numpy_helper.from_array(table, "table")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    file.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, file)
