"""`python -m inference_common.onnx.make`: writes an ONNX file of a network of transformers, or holds one to it.

Runs in a library's environment, in a process of its own, so that a server need not hold torch in memory. Reads a
request as JSON from standard input:

    {"folder", "auto", "output", "texts", "file", "write": bool, "int8": path or null}

and writes {"difference", "agreement"} to standard output: the largest difference of the file's output from the
network's, and (with `int8`) the mean cosine of the quantised file's.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .network import OnnxNetwork

BATCHES = (1, 2, 5)  # sizes other than the exported example's


def main() -> None:
    """Make or check, as asked."""
    import torch
    import transformers

    asked = json.load(sys.stdin)
    tokenizer = transformers.AutoTokenizer.from_pretrained(asked["folder"], local_files_only=True)
    loader = getattr(transformers, asked["auto"])
    network = loader.from_pretrained(asked["folder"], local_files_only=True, dtype=torch.float32).eval()
    batches = [encoded(tokenizer, network, texts) for texts in _batches(asked["texts"])]
    file = Path(asked["file"])
    if asked["write"]:
        export(network, batches[1], asked["output"], file)
    with torch.inference_mode():
        theirs = [getattr(network(**features), asked["output"]).numpy() for features in batches]
    told: dict[str, float | None] = {"difference": difference(file, batches, theirs), "agreement": None}
    if asked["int8"]:
        quantize(file, Path(asked["int8"]))
        told["agreement"] = agreement(Path(asked["int8"]), batches, theirs)
    json.dump(told, sys.stdout)


def encoded(tokenizer: Any, network: Any, texts: Sequence[str]) -> dict[str, Any]:
    """The network's inputs of texts: tensors of shape (texts, tokens)."""
    most = min(tokenizer.model_max_length, network.config.max_position_embeddings)
    features = tokenizer(list(texts), padding=True, truncation=True, max_length=most, return_tensors="pt")
    return dict(features)


def export(network: Any, features: dict[str, Any], output: str, file: Path) -> None:
    """Write the network: inputs as in `features`, of any number of rows and tokens."""
    import torch

    names = list(features)

    class Positional(torch.nn.Module):  # type: ignore[misc]  # torch is not where this is checked
        """The exporter names positional inputs in their order."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *values: Any) -> Any:
            return getattr(self.network(**dict(zip(names, values, strict=True))), output)

    anything = torch.export.Dim.DYNAMIC
    shapes = (tuple({0: anything, 1: anything} for _ in names),)
    written: Any = torch.onnx.export(
        Positional(), tuple(features.values()), dynamo=True, dynamic_shapes=shapes, input_names=names,
        output_names=[output], external_data=False, verbose=False,
    )  # fmt: skip
    partial = file.with_suffix(".part")  # one that was cut off must not be taken for the whole
    written.save(str(partial))
    partial.replace(file)


def difference(file: Path, batches: Sequence[dict[str, Any]], theirs: Sequence[Any]) -> float:
    """The largest absolute difference where there is something to read."""
    return max(float(np.abs(ours - other).max()) for ours, other in _both(file, batches, theirs))


def quantize(file: Path, quantized: Path) -> None:
    """Write the file with the weights of its products as signed bytes, the rest computed as it comes."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        file, quantized, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gather"], per_channel=True
    )


def agreement(file: Path, batches: Sequence[dict[str, Any]], theirs: Sequence[Any]) -> float:
    """The mean cosine of the file's output to the network's, over everything there is to read."""
    cosines = [
        (ours * other).sum(-1) / (np.linalg.norm(ours, axis=-1) * np.linalg.norm(other, axis=-1))
        for ours, other in _both(file, batches, theirs)
    ]
    return float(np.mean(np.concatenate([np.ravel(cosine) for cosine in cosines])))


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Batches of several sizes, of texts of several lengths."""
    longer = [*texts, *(f"{text} {text} {text}" for text in texts)]
    for size in BATCHES:
        yield [longer[n % len(longer)] for n in range(size)]


def _both(file: Path, batches: Sequence[dict[str, Any]], theirs: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """The file's and the network's outputs, without what stands at padding."""
    ours = OnnxNetwork(file)
    for features, other in zip(batches, theirs, strict=True):
        arrays = {name: value.numpy() for name, value in features.items()}
        read = arrays["attention_mask"].astype(bool) if other.ndim == 3 else ...
        yield ours(arrays)[read], other[read]


if __name__ == "__main__":
    main()
