"""Wheels that fit a torch without CUDA: completed by the registry's, without shared libraries that need CUDA's."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from scripts.torch_wheels import completed

from ..wheels import write_wheel

LINKED_TO_CUDA = b"\x7fELF libc10.so libtorch_cuda.so"
LIBRARIES = {"torchvision/_C.so": LINKED_TO_CUDA, "torchvision.libs/libcudart.1a2b.so.13": b"\x7fELF"}
TORCH = {
    "torch/__init__.py": b"from . import library\n",
    "torch/library.py": b"class Library:\n    def __init__(self, *_): pass\n    define = __init__\n",
}


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """A folder with a wheel of torch only."""
    folder = tmp_path / "given"
    write_wheel(folder, "torch", "2.0+cpu", TORCH)
    return folder


@pytest.fixture(autouse=True)
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder from which pip downloads instead of the registry, with torchvision as a CUDA build."""
    folder = tmp_path / "registry"
    write_wheel(folder, "torchvision", "0.1", {"torchvision/__init__.py": b"x = 1\n", **LIBRARIES})
    monkeypatch.setenv("INFERENCE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_a_cuda_build_beside_a_cpu_build_of_torch_loses_its_libraries(given: Path, tmp_path: Path) -> None:
    folder = completed(given, ["torchvision==0.1"])
    assert sorted(file.name for file in folder.glob("*.whl")) == [
        "torch-2.0+cpu-py3-none-any.whl",
        "torchvision-0.1+python-py3-none-any.whl",
    ]
    (wheel,) = folder.glob("torchvision-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert not [name for name in archive.namelist() if ".so" in name]
    # pip verifies every file of a wheel by its RECORD.
    target = tmp_path / "target"
    pip: list[str | Path] = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target]
    subprocess.run([*pip, *folder.glob("*.whl")], check=True)
    program = "import torchvision, importlib.metadata as m; print(torchvision.x, m.version('torchvision'))"
    done = subprocess.run([sys.executable, "-c", program], cwd=target, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "0.1+python"]


def test_equal_wheels_give_equal_bytes(given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = completed(given, ["torchvision==0.1"]).glob("torchvision-*.whl")
    monkeypatch.setenv("INFERENCE_CACHE", str(tmp_path / "other"))
    (second,) = completed(given, ["torchvision==0.1"]).glob("torchvision-*.whl")
    assert first != second
    assert first.read_bytes() == second.read_bytes()


def test_a_cuda_build_beside_one_of_torch_stays_as_it_is(given: Path, registry: Path) -> None:
    write_wheel(given, "torch", "2.0+cpu", {**TORCH, "torch/lib/libtorch_cuda.so": b"\x7fELF"})
    (wheel,) = completed(given, ["torchvision==0.1"]).glob("torchvision-*.whl")
    assert wheel.read_bytes() == (registry / wheel.name).read_bytes()


def test_a_wheel_that_needs_no_cuda_stays_as_it_is(given: Path, registry: Path) -> None:
    written = write_wheel(registry, "torchaudio", "0.1", {"torchaudio/lib/_C.so": b"\x7fELF libtorch_cpu.so"})
    (wheel,) = completed(given, ["torchaudio==0.1"]).glob("torchaudio-*.whl")
    assert wheel.read_bytes() == written.read_bytes()


def test_what_cannot_be_downloaded_is_not_taken_for_complete(given: Path, registry: Path) -> None:
    with pytest.raises(SystemExit, match=r"No matching distribution found for torchaudio==0\.1"):
        completed(given, ["torchaudio==0.1"])
    write_wheel(registry, "torchaudio", "0.1", {})
    assert list(completed(given, ["torchaudio==0.1"]).glob("torchaudio-*.whl"))
