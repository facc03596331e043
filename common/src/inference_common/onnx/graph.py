"""What an ONNX file of a repository would do, read from its graph before any of it is run.

The fields are those of onnx.proto, read as they stand in the file: a server without torch has no package that knows
them, and the weights between them need not be read.
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path

MAX_NODES = 200_000
MAX_DEPTH = 8  # of graphs inside graphs
MAX_ELEMENTS = 2**28  # of what one node makes of a shape that stands in the file: 1 GiB of floats
MAX_SHAPE_BYTES = 512  # of a tensor that may be a shape
BRANCH = "If"
SHAPED_BY_INPUT = frozenset({"ConstantOfShape", "Expand", "Range", "Resize", "Tile", "Upsample"})
"""Operators whose output has a size that an input of theirs says."""
INTEGERS: Mapping[int, int] = {6: 4, 7: 8}
"""Bytes of one integer, by TensorProto's number of the type: int32 and int64."""
_GRAPH, _FUNCTIONS = 7, 25  # of a ModelProto
_NODE, _INITIALIZER = 1, 5  # of a GraphProto
_INPUT, _OUTPUT, _OP_TYPE, _ATTRIBUTE = 1, 2, 4, 5  # of a NodeProto
_TENSOR, _INTEGERS, _SUBGRAPHS = 5, frozenset({3, 8}), frozenset({6, 11})  # of an AttributeProto
_DATA_TYPE, _INT32_DATA, _INT64_DATA, _NAME, _RAW, _EXTERNAL = 2, 5, 7, 8, 9, 13  # of a TensorProto
_KEY, _VALUE = 1, 2  # of a StringStringEntryProto
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # kinds of fields in a file


def fault_of(file: Path) -> str | None:
    """Why a file must not be run, None where nothing is known against it: one that loops, reads other files than those
    beside it, makes tensors beyond any memory, or is no whole ONNX file."""
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            _Reader(data).read()
    except _Fault as fault:
        return str(fault)
    except (OSError, ValueError, IndexError, UnicodeDecodeError):
        return "it is no whole ONNX file"
    return None


class _Fault(Exception):
    """What is wrong with a file."""


class _Reader:
    """Reads one file. Raises _Fault, or ValueError, IndexError and UnicodeDecodeError for what is no ONNX file."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._nodes = 0
        self._shapes: dict[str, list[int]] = {}

    def read(self) -> None:
        graphs = 0
        for number, start, end in self._fields(0, len(self._data)):
            if number == _FUNCTIONS:
                raise _Fault("it defines functions of its own")
            if number == _GRAPH:
                graphs += 1
                self._graph(start, end, 0)
        if not graphs:
            raise ValueError("no graph")

    def _graph(self, start: int, end: int, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise _Fault(f"its graphs are more than {MAX_DEPTH} deep")
        nodes = []
        for number, first, last in self._fields(start, end):
            if number == _INITIALIZER:
                self._tensor(first, last)
            elif number == _NODE:
                nodes.append((first, last))
        self._nodes += len(nodes)
        if self._nodes > MAX_NODES:
            raise _Fault(f"it has more than {MAX_NODES:,} nodes")
        for first, last in nodes:
            self._node(first, last, depth)

    def _node(self, start: int, end: int, depth: int) -> None:
        kind, inputs, outputs, attributes = "", [], [], []
        for number, first, last in self._fields(start, end):
            if number == _OP_TYPE:
                kind = self._text(first, last)
            elif number == _INPUT:
                inputs.append(self._text(first, last))
            elif number == _OUTPUT:
                outputs.append(self._text(first, last))
            elif number == _ATTRIBUTE:
                attributes.append((first, last))
        for attribute in attributes:
            integers: list[int] = []
            for number, first, last in self._fields(*attribute):
                if number in _SUBGRAPHS:
                    if kind != BRANCH:
                        raise _Fault(f"it has a {kind[:50]}, which may run for ever")
                    self._graph(first, last, depth + 1)
                elif number == _TENSOR:
                    self._tensor(first, last, outputs)
                elif number in _INTEGERS and first == last:
                    integers.append(_signed(first))
            if integers and kind == "Constant":
                self._shapes.update(dict.fromkeys(outputs, integers))
        if kind in SHAPED_BY_INPUT:
            self._refuse_large(kind, inputs)

    def _refuse_large(self, kind: str, inputs: list[str]) -> None:
        for name in inputs:
            elements = math.prod(size for size in self._shapes.get(name, []) if size > 0)
            if elements > MAX_ELEMENTS:
                raise _Fault(f"it has a {kind} of {elements:,} elements")

    def _tensor(self, start: int, end: int, names: list[str] | None = None) -> None:
        """Of a tensor that may be a shape, remember the integers by its name, or as what a node puts out."""
        kind, raw, known = 0, b"", list(names or ())
        integers: list[int] = []
        for number, first, last in self._fields(start, end):
            if number == _EXTERNAL:
                self._refuse_outside(first, last)
            elif number == _DATA_TYPE:
                kind = first
            elif number == _NAME:
                known.append(self._text(first, last))
            elif number == _RAW and last - first <= MAX_SHAPE_BYTES:
                raw = self._data[first:last]
            elif number in (_INT32_DATA, _INT64_DATA) and last - first <= MAX_SHAPE_BYTES:
                integers += self._varints(first, last)
        if kind in INTEGERS:
            size = INTEGERS[kind]
            parts = [raw[place : place + size] for place in range(0, len(raw), size)]
            integers += [int.from_bytes(part, "little", signed=True) for part in parts]
            self._shapes.update(dict.fromkeys(known, integers))

    def _refuse_outside(self, start: int, end: int) -> None:
        entry = {number: self._text(first, last) for number, first, last in self._fields(start, end)}
        location = entry.get(_VALUE, "")
        is_beside = location != ".." and Path(location.replace("\\", "/")).name == location
        if entry.get(_KEY) == "location" and not is_beside:
            raise _Fault("its weights are in a file that is not beside it")

    def _fields(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """The fields of a message: number, and where the value begins and ends; of an integer itself, twice."""
        if end > len(self._data):
            raise ValueError("cut short")
        while start < end:
            tag, start = self._varint(start)
            number, kind = tag >> 3, tag & 7
            if kind == _VARINT:
                value, start = self._varint(start)
                yield number, value, value
                continue
            if kind == _BYTES:
                length, start = self._varint(start)
            elif kind in (_FIXED32, _FIXED64):
                length = 4 if kind == _FIXED32 else 8
            else:
                raise ValueError("no such kind of field")
            if start + length > end:
                raise ValueError("cut short")
            yield number, start, start + length
            start += length

    def _varint(self, place: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = self._data[place]
            value |= (byte & 0x7F) << shift
            place, shift = place + 1, shift + 7
            if byte < 0x80:
                return value, place
            if shift > 63:
                raise ValueError("no integer is so long")

    def _varints(self, start: int, end: int) -> Iterator[int]:
        while start < end:
            value, start = self._varint(start)
            yield _signed(value)

    def _text(self, start: int, end: int) -> str:
        return self._data[start:end].decode()


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value
