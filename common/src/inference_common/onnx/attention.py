"""Attention of a network that torch's exporter wrote, without the transposes around it."""

from __future__ import annotations

from typing import Any

SWAPPED = (0, 2, 1, 3)  # (batch, tokens, heads, size) <-> (batch, heads, tokens, size)


def join_heads(graph: Any) -> int:
    """Let each Attention of an onnx_ir.Graph read and write (batch, tokens, heads x size), as the layers around it do.

    The exporter writes it as torch has it, (batch, heads, tokens, size), with a copy of all numbers before each input
    and after the output. The operator takes either: see Attention-23 of the ONNX specification, whose number of heads
    is then an attribute. Returns how many were changed; those of any other shape stay as they are.
    """
    return sum(_join(node) for node in list(graph) if node.op_type == "Attention")


def _join(attention: Any) -> bool:
    before, after = [_before(value) for value in attention.inputs[:3]], _after(attention.outputs[0])
    if after is None or None in before:
        return False
    import onnx_ir as ir

    heads = [int(value.shape[1]) for value in attention.inputs[:2]]  # of queries, of keys
    for place, value in enumerate(before):
        attention.replace_input_with(place, value)
    for name, count in zip(("q_num_heads", "kv_num_heads"), heads, strict=True):
        attention.attributes[name] = ir.AttrInt64(name, count)
    attention.outputs[0].shape = after.shape
    ir.convenience.replace_all_uses_with(after, attention.outputs[0], replace_graph_outputs=True)
    return True


def _before(value: Any) -> Any:
    """What an input was before its heads were told apart; None where it is not such an input."""
    transpose = _of(value.producer(), "Transpose")
    reshape = transpose and _of(transpose.inputs[0].producer(), "Reshape")
    if not reshape or tuple(transpose.attributes["perm"].as_ints()) != SWAPPED:
        return None
    return reshape.inputs[0] if _are_joined(reshape.inputs[0], reshape.outputs[0]) else None


def _after(value: Any) -> Any:
    """What the output is once its heads are joined; None where anything else is made of it."""
    transpose = _of(_only_reader(value), "Transpose")
    reshape = transpose and _of(_only_reader(transpose.outputs[0]), "Reshape")
    if not reshape or tuple(transpose.attributes["perm"].as_ints()) != SWAPPED:
        return None
    return reshape.outputs[0] if _are_joined(reshape.outputs[0], transpose.outputs[0]) else None


def _of(node: Any, kind: str) -> Any:
    return node if node is not None and node.op_type == kind else None


def _only_reader(value: Any) -> Any:
    readers = [use.node for use in value.uses()]
    return readers[0] if len(readers) == 1 and not value.is_graph_output() else None


def _are_joined(joined: Any, apart: Any) -> bool:
    """Whether the shapes are (batch, tokens, heads x size) and (batch, tokens, heads, size)."""
    if joined.shape is None or apart.shape is None or (len(joined.shape), len(apart.shape)) != (3, 4):
        return False
    return list(joined.shape[:2]) == list(apart.shape[:2]) and isinstance(apart.shape[2], int)
