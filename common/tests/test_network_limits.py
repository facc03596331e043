"""Torch is not where these tests run: its hooks are stood in for; tests/transformers has the real ones."""

import contextlib
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from inference_common import config_files
from inference_common.errors import InvalidRequest, LoadFailed, TooLarge
from inference_common.network_limits import network_within, refuse_larger
from inference_common.source import FolderSource
from test_weights import HEAD, write


class Hooks:
    """Of torch: what is called as something is registered with a module."""

    def __init__(self) -> None:
        self.calls: dict[str, list[Callable[..., None]]] = {"module": [], "parameter": [], "buffer": []}
        for kind, calls in self.calls.items():
            setattr(self, f"register_module_{kind}_registration_hook", lambda call, calls=calls: self._add(calls, call))

    def _add(self, calls: list[Callable[..., None]], call: Callable[..., None]) -> SimpleNamespace:
        calls.append(call)
        return SimpleNamespace(remove=lambda: calls.remove(call))

    def register(self, kind: str, parent: object, name: str, what: object) -> None:
        for call in list(self.calls[kind]):
            call(parent, name, what)


@pytest.fixture
def source(tmp_path: Path) -> FolderSource:
    write(tmp_path / "model.safetensors", HEAD)
    return FolderSource(tmp_path)


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> Hooks:
    hooks = Hooks()
    monkeypatch.setitem(
        sys.modules, "torch", SimpleNamespace(nn=SimpleNamespace(modules=SimpleNamespace(module=hooks)))
    )  # type: ignore[arg-type]
    return hooks


def tensor(elements: int) -> SimpleNamespace:
    return SimpleNamespace(numel=lambda: elements)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"num_hidden_layers": 10**7}, "num_hidden_layers 10,000,000, and its weights hold 3 tensors"),
        ({"text_config": {"n_layer": 1e7}}, "n_layer 10,000,000"),
        ({"vision": [{"depths": [2, 2, 10**9]}]}, "depths 1,000,000,000"),
        ({"vocab_size": 2_000_000}, "vocab_size 2,000,000, and the longest dimension of its weights is 100"),
        ({"num_labels": 10**9}, "num_labels 1,000,000,000"),
        ({"image_size": [3, 10**5]}, "image_size 100,000, and at most 8,192 is taken"),
        ({"sampling_rate": 10**9}, "sampling_rate"),
    ],
)
def test_a_config_beyond_its_weights_is_refused(source: FolderSource, config: Any, reason: str) -> None:
    (source.path() / "config.json").write_text(json.dumps(config))
    with pytest.raises(InvalidRequest, match=reason), network_within(source):
        raise AssertionError("nothing is loaded")
    with network_within(source, is_trusted=True):
        pass


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({
            "num_hidden_layers": 24, "vocab_size": 100, "id2label": {"0": "blocks"}, "label2id": {"blocks": 10**7},
            "max_position_embeddings": 10**7, "rope_theta": 1e30, "use_layers": True, "block_size": 10**6,
            "layer_norm_eps": 1e-12, "model_max_length": float("inf"), "num_layers": float("nan"),
        }),
        "no JSON",
        "[" * 100_000,
    ],
)  # fmt: skip
def test_another_is_left_to_the_library(source: FolderSource, text: str) -> None:
    (source.path() / "config.json").write_text(text)
    with network_within(source):
        pass


def test_a_config_is_no_longer_than_any_known(source: FolderSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_files, "MAX_CONFIG_BYTES", 1000)
    (source.path() / "config.json").write_text(" " * 1001)
    with pytest.raises(LoadFailed, match="larger than 1,000 bytes"), network_within(source):
        raise AssertionError("nothing is loaded")


def test_without_weights_there_may_be_an_onnx_file(tmp_path: Path, torch: Hooks) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"vocab_size": 250_000, "num_hidden_layers": 12}))
    with network_within(FolderSource(tmp_path)):
        torch.register("parameter", object(), "weight", tensor(10**9))
        assert not torch.calls["parameter"]


def test_a_network_beyond_its_weights_is_refused_as_it_is_made(source: FolderSource, torch: Hooks) -> None:
    parent = object()
    with network_within(source):
        for _ in range(3):  # once on torch's meta device, then with its weights
            torch.register("parameter", parent, "weight", tensor(2**23))
        torch.register("buffer", parent, "positions", None)

    def make_large() -> None:
        with network_within(source):
            torch.register("parameter", parent, "weight", tensor(2**23))
            torch.register("buffer", parent, "positions", tensor(2**24))

    def make_deep() -> None:
        with network_within(source), contextlib.suppress(InvalidRequest):  # as a library may that tries another way
            for n in range(10**6):
                torch.register("module", parent, str(n), object())

    with pytest.raises(InvalidRequest, match="more than 16,781,541 numbers, and its weights hold 865"):
        make_large()
    with pytest.raises(InvalidRequest, match="more than 5,060 modules, and its weights hold 3 tensors"):
        make_deep()
    assert not any(torch.calls.values())


def test_other_threads_and_other_errors_are_left_alone(source: FolderSource, torch: Hooks) -> None:
    def other() -> None:
        for n in range(10**4):
            torch.register("module", torch, str(n), object())
        torch.register("parameter", torch, "weight", tensor(10**12))

    with network_within(source):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    with pytest.raises(ValueError, match="theirs"), network_within(source):
        raise ValueError("theirs")


def test_half_precision_is_counted_as_it_is_computed_with(source: FolderSource) -> None:
    head = {"w": {"dtype": "F16", "shape": [2**10, 2**10]}}
    write(source.path() / "model.safetensors", head, 2**21)
    refuse_larger(source, 4 * 2**20)
    with pytest.raises(TooLarge, match="takes about 4 MiB in single precision, and models may take 3 MiB here"):
        refuse_larger(source, 3 * 2**20)
