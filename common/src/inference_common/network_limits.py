"""What a network may be, given its weights: a config of a few bytes can ask for one that takes hours or all memory."""

from __future__ import annotations

import math
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from .config_files import read_json
from .errors import InvalidRequest, TooLarge
from .source import ModelSource
from .units import limit_mib, needed_mib
from .weights import Weights, weights_of

CONFIGS = ("config.json", "preprocessor_config.json", "processor_config.json")
MIN_LIMIT = 1_000  # layers, labels and the like, which any config may ask for
ASSUMED_LONGEST = 1_000_000  # longest dimension of the weights of a folder that has none: an ONNX file may be elsewhere
LAYERS = re.compile(r"(^|_)(layers?|blocks?|depths?|stages?)$")
SIZES = re.compile(r"(^|_)(vocab_size|num_labels|num_classes|experts)$")
LABELS = frozenset({"id2label", "label2id"})  # whose keys may be any word
MAX_VALUES: Mapping[str, int] = {
    "height": 8192, "width": 8192, "image_size": 8192, "img_size": 8192, "input_size": 8192,  # pixels
    "sampling_rate": 768_000,  # Hz
    "chunk_length": 3600,  # seconds that each recording is made as long as
    "n_fft": 65_536, "num_mel_bins": 8192, "feature_size": 8192,
}  # fmt: skip
"""The largest value of keys that decide how large an input is made."""
MODULES_PER_TENSOR, BASE_MODULES = 20, 5_000  # a network may have so many for each tensor of its weights, and more
COPIES_OF_ELEMENTS, BASE_ELEMENTS = 5, 2**24
"""A network is first made with its embeddings once for each of its parts, though its file has them once; and with
buffers that are in no file: it may have BASE_ELEMENTS numbers, and so many for each of its weights."""


def check_configs(name: str, folder: Path, weights: Weights) -> None:
    """Raise InvalidRequest where a config of the model `name` says what its weights do not hold, LoadFailed where it is
    too long."""
    for file in sorted(file for pattern in CONFIGS for file in folder.rglob(pattern)):
        try:
            config = read_json(file)
        except (OSError, ValueError, RecursionError):
            continue  # the library says what is wrong with it
        for key, value in _integers(config):
            most, why = _limit(key, weights)
            if value > most:
                raise InvalidRequest(f"{file.name} of {name} says {key} {value:,}, and {why}; correct it there")


def refuse_larger(model: ModelSource, budget_bytes: int) -> None:
    """Raise TooLarge for a model whose weights take more than `budget_bytes` with each float in 4 bytes, as a CPU has
    them: twice their files, where those are in half precision."""
    needed = weights_of(model.path()).float32_bytes
    if needed > budget_bytes:
        raise TooLarge(
            f"{model.name} takes about {needed_mib(needed)} in single precision, and models may take"
            f" {limit_mib(budget_bytes)} here; set MAX_MEMORY_MIB where there is more"
        )


@contextmanager
def network_within(model: ModelSource, *, is_trusted: bool = False) -> Iterator[None]:
    """Inside, a network that torch makes in this thread may be no larger than the weights of the model need.

    Torch must be imported before, else nothing is bounded; nor is it for a folder without weights, or a model that may
    run code of its own (`is_trusted`).

    Raises InvalidRequest for configs that `check_configs` refuses, and as soon as the network is larger: it then is on
    torch's `meta` device, or its parameters are not written yet, and take no memory.
    """
    if is_trusted:
        yield
        return
    folder, torch = model.path(), sys.modules.get("torch")
    weights = weights_of(folder)
    check_configs(model.name, folder, weights)
    if torch is None or not weights.elements:
        yield
        return
    count = _Counter(model.name, weights)
    hooks: Any = torch.nn.modules.module
    with ExitStack() as stack:
        for hook, call in (
            (hooks.register_module_module_registration_hook, count.module),
            (hooks.register_module_parameter_registration_hook, count.tensor),
            (hooks.register_module_buffer_registration_hook, count.tensor),
        ):
            stack.callback(hook(call).remove)
        try:
            yield
        finally:
            if count.error is not None:  # whatever the library made of it
                raise count.error from None


class _Counter:
    """Counts what is registered with the modules that one thread makes."""

    def __init__(self, name: str, weights: Weights) -> None:
        self._name, self._weights, self._thread = name, weights, threading.get_ident()
        self._max_modules = BASE_MODULES + MODULES_PER_TENSOR * weights.tensors
        self._max_elements = BASE_ELEMENTS + COPIES_OF_ELEMENTS * weights.elements
        self._seen: set[tuple[int, str]] = set()
        self._modules = self._elements = 0
        self.error: InvalidRequest | None = None

    def module(self, parent: Any, name: str, module: Any) -> None:
        """One more module."""
        if threading.get_ident() == self._thread:
            self._modules += 1
            if self._modules > self._max_modules:
                self._refuse(f"more than {self._max_modules:,} modules", f"{self._weights.tensors:,} tensors")

    def tensor(self, module: Any, name: str, tensor: Any) -> None:
        """One more parameter or buffer; a second one in its place, with the weights' values, does not count."""
        if threading.get_ident() != self._thread or tensor is None or (id(module), name) in self._seen:
            return
        self._seen.add((id(module), name))
        self._elements += tensor.numel()
        if self._elements > self._max_elements:
            self._refuse(f"more than {self._max_elements:,} numbers", f"{self._weights.elements:,}")

    def _refuse(self, asked: str, held: str) -> None:
        self.error = InvalidRequest(
            f"The config of {self._name} asks for a network of {asked}, and its weights hold {held}; correct it,"
            " or name another model"
        )
        raise self.error


def _integers(config: object, key: str = "") -> Iterator[tuple[str, int]]:
    """All integers by their key, in what is nested too; those of a list by the list's."""
    if isinstance(config, dict):
        for name, value in config.items():
            if name not in LABELS:
                yield from _integers(value, name)
    elif isinstance(config, list):
        for value in config:
            yield from _integers(value, key)
    elif isinstance(config, int | float) and not isinstance(config, bool) and config == config // 1:
        yield key, int(config)


def _limit(key: str, weights: Weights) -> tuple[float, str]:
    """The largest value that a key may have, and why."""
    if key in MAX_VALUES:
        return MAX_VALUES[key], f"at most {MAX_VALUES[key]:,} is taken"
    if LAYERS.search(key):
        return max(MIN_LIMIT, weights.tensors), f"its weights hold {weights.tensors:,} tensors"
    if SIZES.search(key):
        longest = weights.longest or ASSUMED_LONGEST
        return max(MIN_LIMIT, 2 * longest), f"the longest dimension of its weights is {longest:,}"
    return math.inf, ""
