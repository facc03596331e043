"""Environments: what decides what is in one decides which one it is, and one that does not import is not complete."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from scripts.envs import python_with
from scripts.torch_builds import torch_builds
from scripts.torch_files import FAMILY, TORCH

from ..wheels import write_wheel

VERSION = TORCH.read_text().strip().partition("==")[2]


@pytest.fixture
def wheels(offline_installers: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a torch that needs a package beside it, and with the rest of its family."""
    folder = tmp_path / "wheels"
    write_torch(folder, b"import nvidia_kernels\n")
    for name in ("nvidia_kernels", "networkx"):
        write_wheel(folder, name, "1.0", {f"{name}/__init__.py": b""})
    for requirement in FAMILY.read_text().split():
        name, _, version = requirement.partition("==")
        write_wheel(folder, name, version, {f"{name}/__init__.py": b""})
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    return folder


def write_torch(folder: Path, program: bytes) -> None:
    needed = ["nvidia-kernels", "networkx"]
    write_wheel(folder, "torch", f"{VERSION}+cpu", {"torch/__init__.py": program}, needed)


def environment(lock: Path) -> Path:
    """The environment of a lock and torch, as another process finds or makes it."""
    torch_builds.cache_clear()
    return python_with("example", lock, [TORCH])


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.txt"
    file.write_text("# of nothing\n")
    return file


def test_it_has_what_the_builds_of_torch_need_and_else_only_what_is_locked(wheels: Path, lock: Path) -> None:
    python = environment(lock)
    program = "import torch, nvidia_kernels, importlib.util as i; print(i.find_spec('networkx'))"
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"
    assert environment(lock) == python


def test_other_builds_of_torch_are_in_another_one(wheels: Path, lock: Path) -> None:
    python = environment(lock)
    write_torch(wheels, b"name = 'other'\n")
    other = environment(lock)
    assert other != python
    subprocess.run([other, "-c", "from torch import name"], check=True)


def test_every_checkout_has_the_same_one(lock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = python_with("example", lock)
    venv.create(tmp_path / "other", symlinks=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "other" / "bin" / "python"))
    assert python_with("example", lock) == python


def test_one_that_does_not_import_is_refused_until_it_does(wheels: Path, lock: Path) -> None:
    write_torch(wheels, b"raise ImportError('libcudart.so.13: cannot open shared object file')\n")
    for _ in range(2):
        with pytest.raises(SystemExit, match=r"(?s)libcudart\.so\.13: cannot open.*Set TORCH_BACKEND"):
            environment(lock)


def test_what_the_installer_says_is_shown(wheels: Path, tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("nvidia-kernels==2.0 --hash=sha256:" + 64 * "0" + "\n")
    with pytest.raises(SystemExit, match=r"nvidia-kernels") as refused:
        python_with("example", lock)
    assert "failed with exit status" in str(refused.value)
