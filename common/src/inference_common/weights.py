"""Weights: how many tensors and numbers a model's files hold, by their headers; none of them is loaded."""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
MAX_HEADER_BYTES = 32 * 2**20  # of a safetensors file: 100 bytes a tensor, so those of 300,000
MIN_TENSOR_BYTES = 1024  # of a file in torch's oldest format, which tells no count: so many tensors at most
MAX_ZIP_ENTRIES = 65_535
QUANTIZED_BITS = 4  # of a weight, of which an integer in a quantized file may hold several
_FLOAT = re.compile(r"B?F\d")
_END = struct.Struct("<4s4H2LH")  # the record that ends a ZIP file


@dataclass(frozen=True)
class Weights:
    """`tensors` are how many there are, `elements` all their numbers, `longest` is their longest dimension (as many as
    `elements`, in files that do not tell), `float32_bytes` is what they take with each float in 4 bytes."""

    tensors: int = 0
    elements: int = 0
    longest: int = 0
    float32_bytes: int = 0

    def __add__(self, other: Weights) -> Weights:
        return Weights(
            self.tensors + other.tensors,
            self.elements + other.elements,
            max(self.longest, other.longest),
            self.float32_bytes + other.float32_bytes,
        )


def weights_of(folder: Path) -> Weights:
    """What is in a folder and those below: in its safetensors, else in torch's own files. All zeros where there are
    none, or none that is what its name says: of such a file its library tells what is wrong."""
    found = sum(map(_of_safetensors, folder.rglob("*.safetensors")), Weights())
    if found.elements:
        return found
    return sum((_of_pickle(file) for pattern in PICKLES for file in folder.rglob(pattern)), Weights())


def _of_safetensors(file: Path) -> Weights:
    try:
        size = file.stat().st_size
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            head = json.loads(opened.read(min(length, MAX_HEADER_BYTES)))
        tensors = list(_of_tensors(head))
    except (OSError, struct.error, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Weights()
    if sum(bits for _, bits in tensors) > 8 * size:  # a head may say anything of tensors that are not there
        return Weights()
    return sum((weights for weights, _ in tensors), Weights())


def _of_tensors(head: Mapping[str, Any]) -> Iterator[tuple[Weights, int]]:
    """Each tensor, and how many bits it has."""
    for name, tensor in head.items():
        if name == "__metadata__":
            continue
        shape, kind = [int(size) for size in tensor["shape"]], str(tensor["dtype"])
        width = int("".join(re.findall(r"^\D+(\d+)", kind)) or 8)  # BOOL has a byte
        numbers = math.prod(shape)
        if _FLOAT.match(kind):
            held, float32_bytes = numbers, 4 * numbers
        else:
            held, float32_bytes = numbers * max(1, width // QUANTIZED_BITS), numbers * width // 8
        yield Weights(1, held, max(shape, default=1), float32_bytes), numbers * width


def _of_pickle(file: Path) -> Weights:
    """Torch's files are ZIP files with an entry a tensor; what each holds is not looked at, since that is a pickle."""
    size = file.stat().st_size
    with file.open("rb") as opened:
        opened.seek(max(0, size - _END.size - MAX_ZIP_ENTRIES))
        end = opened.read()
    place = end.rfind(b"PK\5\6")
    is_zip = place >= 0 and len(end) - place >= _END.size
    entries = _END.unpack_from(end, place)[4] if is_zip else size // MIN_TENSOR_BYTES
    elements = size // 2  # in half precision
    return Weights(min(entries, MAX_ZIP_ENTRIES), elements, elements, size)
