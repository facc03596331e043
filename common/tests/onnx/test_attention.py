from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir
import onnxruntime
import pytest
from inference_common.onnx.attention import join_heads
from onnx_ir.passes.common import RemoveUnusedNodesPass

BATCH, TOKENS, HEADS, SIZE = 2, 5, 3, 4
TOGETHER, APART = [BATCH, TOKENS, HEADS * SIZE], [BATCH, TOKENS, HEADS, SIZE]


def node(kind: str, inputs: list[ir.Value], shape: list[int], **attributes: Any) -> ir.Node:
    made = ir.node(kind, inputs, attributes)
    made.outputs[0].shape, made.outputs[0].dtype = ir.Shape(shape), ir.DataType.FLOAT
    return made


def attention(perm: tuple[int, ...] = (0, 2, 1, 3), *, told_apart: bool = False) -> ir.Model:
    """As torch's exporter writes it; `told_apart` also has the heads' own outputs be one of the network's."""
    inputs = [ir.val(name, ir.DataType.FLOAT, TOGETHER) for name in "qkv"]
    heads, back = (ir.val(name, const_value=ir.tensor(shape)) for name, shape in (("h", APART), ("b", TOGETHER)))
    nodes: list[ir.Node] = []
    for value in inputs:
        nodes.append(node("Reshape", [value, heads], APART))
        shape = [APART[place] for place in perm]
        nodes.append(node("Transpose", [nodes[-1].outputs[0]], shape, perm=perm))
    asked = [transpose.outputs[0] for transpose in nodes[1::2]]
    nodes.append(node("Attention", asked, [APART[place] for place in perm]))
    own = nodes[-1].outputs[0]
    nodes.append(node("Transpose", [own], APART, perm=perm))
    nodes.append(node("Reshape", [nodes[-1].outputs[0], back], TOGETHER))
    outputs = [nodes[-1].outputs[0], *([own] if told_apart else [])]
    graph = ir.Graph(inputs, outputs, nodes=nodes, initializers=[heads, back], opset_imports={"": 23}, name="attention")
    return ir.Model(graph, ir_version=10)


def run(model: ir.Model, file: Path) -> npt.NDArray[np.float32]:
    ir.save(model, file)
    random = np.random.default_rng(0)
    asked = {name: random.normal(size=TOGETHER).astype(np.float32) for name in "qkv"}
    answer: npt.NDArray[np.float32] = onnxruntime.InferenceSession(file).run(None, asked)[0]
    return answer


def test_it_answers_the_same_without_transposes(tmp_path: Path) -> None:
    model = attention()
    before = run(model, tmp_path / "before.onnx")
    assert join_heads(model.graph) == 1
    RemoveUnusedNodesPass()(model)
    assert [one.op_type for one in model.graph] == ["Attention"]
    np.testing.assert_allclose(run(model, tmp_path / "after.onnx"), before, rtol=0, atol=1e-6)


@pytest.mark.parametrize("model", [attention((0, 1, 2, 3)), attention(told_apart=True)], ids=["other", "read apart"])
def test_what_is_arranged_otherwise_stays(model: ir.Model) -> None:
    before = [one.op_type for one in model.graph]
    assert join_heads(model.graph) == 0
    RemoveUnusedNodesPass()(model)
    assert [one.op_type for one in model.graph] == before
