"""`python -m inference_common.onnx.make`: writes an ONNX file of a library's own network, or holds one to it.

Runs in a library's environment and folder, in a process of its own, so that a server need not hold torch, or the
weights twice, in memory. Reads a request as JSON from standard input:

    {"folder", "original", "outputs", "file", "write": bool, "int8": path or null,
     "model": folder or absent, "pipeline": `module:name` or null or absent,
     "parent": process id or absent, "threads": count or null or absent}

and writes {"difference", "agreement", "answers"} to standard output: the largest difference of the file's outputs from
the network's; (with `int8`) the mean cosine of the quantised file's; and in which answers the Pipeline over the file
differs from the same over the library's own network, empty where in none. `original` is the `module:name` of an
`Original`. It ends with the process `parent`, and uses so many `threads` (default: one for each core).
"""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..lifetime import end_with
from ..missing_weights import MissingWeights, collect_missing_weights
from ..network_limits import network_within
from ..source import FolderSource, ModelSource
from .attention import join_heads
from .network import OnnxNetwork
from .process import SHORTAGE

Batch = Mapping[str, Any]
"""Tensors by name, each with a first dimension of inputs that run together."""


OPSET = 23
"""Of the operators in a file: the first that has attention as one of them, which the runtime computes faster than the
dozen that it is otherwise written as."""


class Original(Protocol):
    """A network as its library runs it, and batches to hold a file to it by, which differ wherever batches may."""

    network: Any

    def __init__(self, model: ModelSource, device: str) -> None: ...
    def examples(self) -> Sequence[Batch]: ...


_SHORTAGES = (errno.ENOSPC, errno.EDQUOT, errno.ENOMEM)
_TOLD_OF_SHORTAGES = ("no space left", "can't allocate memory", "not enough memory", "bad_alloc", "cannot allocate")


def main() -> None:
    """Make or check, as asked; ends with the exit status SHORTAGE where memory or disk run out."""
    try:
        _main()
    except Exception as error:
        if not is_shortage(error):
            raise
        traceback.print_exc()
        sys.exit(SHORTAGE)


def is_shortage(error: BaseException | None) -> bool:
    """Whether an error, or one that it came of, says that memory or disk ran out. torch's and the runtime's own say so
    only in words."""
    while error is not None:
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _SHORTAGES):
            return True
        if isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _TOLD_OF_SHORTAGES):
            return True
        error = error.__cause__ or error.__context__
    return False


def _main() -> None:
    asked = json.load(sys.stdin)
    if "parent" in asked:
        end_with(asked["parent"])
    import torch

    if asked.get("threads") is not None:
        torch.set_num_threads(asked["threads"])
    found = _compared_outputs(asked)
    # Its network is let go of by now: the answers take another set of weights.
    json.dump({**found, "answers": _differing_answer(asked)}, sys.stdout)


def _compared_outputs(asked: Mapping[str, Any]) -> Mapping[str, float | None]:
    """The `difference` and `agreement` of a file, which is written first if need be."""
    import torch

    module, _, name = asked["original"].partition(":")
    kind: type[Original] = getattr(import_module(module), name)
    source, outputs, threads = FolderSource(Path(asked["folder"])), asked["outputs"], asked.get("threads")
    with network_within(source), collect_missing_weights(source.name) as missing:
        original = kind(source, "cpu")
    batches, file = original.examples(), Path(asked["file"])
    _refuse_missing(missing, source.name, original, batches, outputs)
    if asked["write"]:
        export(original.network, batches, outputs, file)
    with torch.inference_mode():
        theirs = _outputs(original, batches, outputs)
    found: dict[str, float | None] = {"agreement": None}
    found["difference"] = difference(OnnxNetwork(file, outputs, threads=threads), batches, theirs)
    if asked["int8"]:
        quantized = Path(asked["int8"])
        quantize(file, quantized)
        found["agreement"] = agreement(OnnxNetwork(quantized, outputs, threads=threads), batches, theirs)
    return found


def _refuse_missing(
    missing: MissingWeights, model: str, original: Original, batches: Sequence[Batch], outputs: Sequence[str]
) -> None:
    """Raise LoadFailed where the network gives these outputs by weights that were in no file."""
    import torch

    with torch.inference_mode():
        if missing.names and missing.are_read(lambda: _outputs(original, batches, outputs)):
            raise missing.error(model, "the network")


def _outputs(original: Original, batches: Sequence[Batch], names: Sequence[str]) -> list[Batch]:
    """What the library's network gives of each batch: arrays by name."""
    outputs = [original.network(**batch) for batch in batches]
    return [{name: getattr(output, name).numpy() for name in names} for output in outputs]


def _differing_answer(asked: Mapping[str, Any]) -> str:
    """In which answers the pipeline that the file is for differs over it; empty where in none, or it is for none."""
    if not asked.get("pipeline"):
        return ""
    from .answers import differing_answer

    source = FolderSource(Path(asked["model"]))
    with network_within(source):
        return differing_answer(asked["pipeline"], source, Path(asked["file"]))


def export(network: Any, batches: Sequence[Batch], outputs: Sequence[str], file: Path) -> None:
    """Write the network: inputs as in the batches, of any size in each dimension in which those differ."""
    import torch
    from onnx_ir.passes.common import RemoveUnusedNodesPass

    free = {name: _differing(name, batches) for name in batches[0]}
    names = list(free)
    example = next(  # of the exporter's: it takes a size of one to be one for ever
        batch for batch in batches if all(batch[name].shape[place] > 1 for name in names for place in free[name])
    )

    class Positional(torch.nn.Module):  # type: ignore[misc]  # torch is not where this is checked
        """The exporter names positional inputs in their order."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *values: Any) -> Any:
            said = self.network(**dict(zip(names, values, strict=True)))
            return tuple(getattr(said, name) for name in outputs)

    shapes = tuple(dict.fromkeys(places, torch.export.Dim.DYNAMIC) for places in free.values())
    written: Any = torch.onnx.export(
        Positional().eval(), tuple(example.values()), dynamo=True, dynamic_shapes=(shapes,), input_names=names,
        output_names=list(outputs), opset_version=OPSET, external_data=False, verbose=False,
    )  # fmt: skip
    join_heads(written.model.graph)
    RemoveUnusedNodesPass()(written.model)
    partial = file.with_name(f"{file.name}.part")  # one that was cut off must not be taken for the whole
    try:
        written.save(str(partial))
        with partial.open("rb+") as opened:
            os.fsync(opened.fileno())
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def difference(network: OnnxNetwork, batches: Sequence[Batch], theirs: Sequence[Batch]) -> float:
    """The largest difference where there is something to read: absolute, or relative to an output's largest value
    where that is above 1. NaN where either has one."""
    return float(np.max([
        np.abs(ours - other).max() / max(1.0, np.abs(other).max()) for ours, other in _both(network, batches, theirs)
    ]))  # fmt: skip


def quantize(file: Path, quantized: Path) -> None:
    """Write the file with the weights of its products as signed bytes, the rest computed as it comes."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        file, quantized, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gather"], per_channel=True
    )


def agreement(network: OnnxNetwork, batches: Sequence[Batch], theirs: Sequence[Batch]) -> float:
    """The mean cosine of the file's outputs to the network's, over everything there is to read."""
    cosines = [
        (ours * other).sum(-1) / (np.linalg.norm(ours, axis=-1) * np.linalg.norm(other, axis=-1))
        for ours, other in _both(network, batches, theirs)
    ]
    return float(np.mean(np.concatenate([np.ravel(cosine) for cosine in cosines])))


def _differing(name: str, batches: Sequence[Batch]) -> list[int]:
    """The dimensions in which the batches differ."""
    sizes = zip(*(batch[name].shape for batch in batches), strict=True)
    return [place for place, found in enumerate(sizes) if len(set(found)) > 1]


def _both(network: OnnxNetwork, batches: Sequence[Batch], theirs: Sequence[Batch]) -> Iterator[tuple[Any, Any]]:
    """The file's and the network's outputs, without what stands at padding. Raises ValueError where shapes differ."""
    for batch, others in zip(batches, theirs, strict=True):
        arrays = {name: value.numpy() for name, value in batch.items()}
        mask = arrays.get("attention_mask")
        for name, ours in network(arrays).items():
            other = others[name]
            if ours.shape != other.shape:
                raise ValueError(f"{name} has the shape {ours.shape}, and the network's {other.shape}")
            is_of_tokens = mask is not None and other.shape[:2] == mask.shape
            read = mask.astype(bool) if mask is not None and is_of_tokens else ...
            yield ours[read], other[read]


if __name__ == "__main__":
    main()
