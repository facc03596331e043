from __future__ import annotations

from pathlib import Path

import pytest
from inference_common import memory, threads
from inference_common.onnx import resources
from inference_common.onnx.resources import BASE_BYTES, MEMORY_PER_WEIGHT, shortage, weight_bytes

WEIGHTS = 1000


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available", lambda: BASE_BYTES + MEMORY_PER_WEIGHT * WEIGHTS)
    monkeypatch.setattr(threads, "quota", lambda: 2.0)


def test_what_fits_is_exported(tmp_path: Path) -> None:
    assert shortage(WEIGHTS, tmp_path / "new") is None
    assert list((tmp_path / "new").iterdir()) == []


def test_memory_is_counted(tmp_path: Path) -> None:
    assert "of memory" in (shortage(WEIGHTS + 1, tmp_path) or "")


def test_a_quota_below_two_cores_is_left_to_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "quota", lambda: 1.5)
    assert "quota is 1.5 cores" in (shortage(WEIGHTS, tmp_path) or "")


def test_a_folder_that_takes_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "nothing can be kept in" in (shortage(WEIGHTS, tmp_path / "file") or "")


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "DISK_PER_WEIGHT", 2**60)
    assert "are free at" in (shortage(WEIGHTS, tmp_path) or "")


def test_weights_in_two_formats_are_counted_once(tmp_path: Path) -> None:
    for name, size in (("model.safetensors", 10), ("pytorch_model.bin", 12), ("part/model.safetensors", 5)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(bytes(size))
    assert weight_bytes(tmp_path) == 15
