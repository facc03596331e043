"""A small ONNX file for tests: a network whose answer to a token is a row of a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def write_lookup(file: Path, output: str, rows: int = 2000, width: int = 32, seed: int = 0) -> None:
    """Write a network of `input_ids` (n, tokens) and `attention_mask` whose `output` is (n, tokens, width)."""
    table = np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)
    ids, mask = (
        helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"]) for name in ("input_ids", "attention_mask")
    )
    told = helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", "t", width])
    node = helper.make_node("Gather", ["table", "input_ids"], [output])
    graph = helper.make_graph([node], "lookup", [ids, mask], [told], [numpy_helper.from_array(table, "table")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    file.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, file)
