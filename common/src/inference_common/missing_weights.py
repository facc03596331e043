"""Missing weights: those that a network has and its model's files do not. A library sets them at random, and goes on.

What it left so is collected while a model loads. A task whose answers depend on it is refused; weights that a task does
not read (a pooler that is not used, parts for training alone) may be missing.
"""

from __future__ import annotations

import functools
import importlib
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from .comparison import difference
from .errors import LoadFailed

MAX_NAMED = 4  # weights that a message names
MAX_DIFFERENCE = 1e-4  # of two answers by the same weights, as `comparison.difference` measures it
NORMAL, NAN = "normal", "nan"
Key = tuple[int, str]
"""Which module, and the name of a weight in it."""
FILLS = (NORMAL, NAN)  # what is put in place of missing weights; the last is left there
_current: ContextVar[MissingWeights | None] = ContextVar("missing_weights", default=None)
_watching = threading.Lock()


class MissingWeights:
    """The weights that the files of one model did not hold, by name; `mismatched` tells of those that they hold in
    another shape."""

    def __init__(self) -> None:
        self._missing: dict[Key, tuple[str, Any, str]] = {}  # a name, the module, and the name there
        self._loaded: set[Key] = set()
        self.mismatched: dict[str, str] = {}

    @property
    def names(self) -> list[str]:
        """In order."""
        return sorted(name for name, _, _ in self._missing.values())

    @property
    def modules(self) -> frozenset[int]:
        """The ids of the modules that they are of."""
        return frozenset(module for module, _ in self._missing)

    def record(self, network: Any, missing: Collection[str]) -> None:
        """A network was loaded but for the weights of these names; those that it shares with loaded ones are there."""
        tensors: Mapping[str, Any] = network.state_dict(keep_vars=True)
        loaded = {_place(tensor) for name, tensor in tensors.items() if name not in missing}
        for key, (_, owner, leaf) in list(self._missing.items()):
            if _place(getattr(owner, leaf, None)) in loaded:  # loaded later, as a part of another
                del self._missing[key]
        modules = dict(network.named_modules(remove_duplicate=False))
        for name, tensor in tensors.items():
            path, _, leaf = name.rpartition(".")
            key = (id(modules.get(path)), leaf)
            if name not in missing:
                self._loaded.add(key)
            elif path in modules and _is_float(tensor) and _place(tensor) not in loaded:
                self._missing[key] = (name, modules[path], leaf)

    def record_unloaded(self, network: Any) -> None:
        """Of a network that is made of parts, the parameters of those that no file was read for are missing."""
        modules = dict(network.named_modules(remove_duplicate=False))
        for name, tensor in network.named_parameters():
            path, _, leaf = name.rpartition(".")
            key = (id(modules[path]), leaf)
            if key not in self._loaded and _is_float(tensor):
                self._missing[key] = (name, modules[path], leaf)

    def are_read(self, answer: Callable[[], Any]) -> bool:
        """Whether what `answer` returns, or whether it returns, depends on them. Where it does not, they are NaN from
        then on: no later answer can depend on them unseen."""
        torch = sys.modules["torch"]
        torch.manual_seed(0)
        expected = answer()
        for fill in FILLS:
            self._fill(fill)
            torch.manual_seed(0)
            try:
                other = answer()
            except Exception:
                return True
            if difference(expected, other) > MAX_DIFFERENCE:
                return True
        return False

    def refuse_mismatched(self, model: str) -> None:
        """Raise LoadFailed where weights of the model have other shapes than its config says."""
        if self.mismatched:
            shapes = [f"{name} ({shapes})" for name, shapes in sorted(self.mismatched.items())]
            raise LoadFailed(
                f"The weights of {model} do not fit its config: {_few(shapes)}; correct config.json, or name another"
                " model"
            )

    def error(self, model: str, task: str) -> LoadFailed:
        """That of a task whose answers depend on them."""
        return LoadFailed(
            f"The weights of {model} lack {_few(self.names)}, which {task} reads: its answers would be random; name a"
            f" model that is trained for {task}, or another task"
        )

    def _fill(self, fill: str) -> None:
        for _, owner, leaf in self._missing.values():
            tensor = getattr(owner, leaf, None)
            if tensor is not None:
                tensor.detach().normal_() if fill == NORMAL else tensor.detach().fill_(float("nan"))


def record_unloaded(network: Any) -> None:
    """MissingWeights.record_unloaded of what is collected in this thread, if anything is."""
    missing = _current.get()
    if missing is not None:
        missing.record_unloaded(network)


@contextmanager
def collect_missing_weights(model: str) -> Iterator[MissingWeights]:
    """Collect what libraries set at random inside, in this thread; of libraries that are not imported yet, `watch` is
    to be called once they are. Raises LoadFailed for weights of another shape than the config says."""
    watch()
    missing = MissingWeights()
    token = _current.set(missing)
    try:
        yield missing
    finally:
        _current.reset(token)
        missing.refuse_mismatched(model)  # whatever the library made of it


def watch() -> None:
    """From now on, loading weights by torch or transformers, as far as they are imported, records what is missing."""
    with _watching:
        if "torch" in sys.modules:
            _watch_torch(importlib.import_module("torch.nn").Module)
        if "transformers" in sys.modules:
            _watch_transformers(importlib.import_module("transformers.modeling_utils").PreTrainedModel)


def _watch_torch(module: Any) -> None:
    load_state_dict = module.load_state_dict
    if hasattr(load_state_dict, "__wrapped__"):
        return

    @functools.wraps(load_state_dict)
    def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        result, missing = load_state_dict(self, *args, **kwargs), _current.get()
        if missing is not None:
            missing.record(self, frozenset(result.missing_keys))
        return result

    module.load_state_dict = recorded


def _watch_transformers(network: Any) -> None:
    from_pretrained = vars(network)["from_pretrained"].__func__
    if hasattr(from_pretrained, "__wrapped__"):
        return

    @functools.wraps(from_pretrained)
    def recorded(cls: Any, *args: Any, **kwargs: Any) -> Any:
        missing = _current.get()
        if missing is None or kwargs.get("output_loading_info"):
            return from_pretrained(cls, *args, **kwargs)
        kwargs.update(output_loading_info=True, ignore_mismatched_sizes=True)
        loaded, report = from_pretrained(cls, *args, **kwargs)
        missing.record(loaded, frozenset(report["missing_keys"]))
        for name, found, needed in report["mismatched_keys"]:
            missing.mismatched[name] = f"of shape {tuple(found)}, not {tuple(needed)}"
        return loaded

    network.from_pretrained = classmethod(recorded)


def _place(tensor: Any) -> object:
    """What tells a tensor's memory from another's."""
    pointer = tensor.data_ptr() if hasattr(tensor, "data_ptr") else 0
    return (pointer, tuple(tensor.shape)) if pointer else id(tensor)


def _is_float(tensor: Any) -> bool:
    """Other ones are places and counters, which a library computes."""
    return bool(tensor.is_floating_point()) if hasattr(tensor, "is_floating_point") else False


def _few(names: Iterable[str]) -> str:
    """The first few, and how many more there are."""
    named = list(names)
    more = len(named) - MAX_NAMED
    return ", ".join(named[:MAX_NAMED]) + (f" and {more:,} more" if more > 0 else "")
