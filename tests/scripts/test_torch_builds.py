"""The builds of torch's family: from what is requested, what can be reached, and what wheel folders have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.torch_builds import TorchBuilds, torch_builds
from scripts.torch_files import FAMILY, TORCH

from ..wheels import write_wheel

REQUIREMENTS = [TORCH.read_text().strip(), *FAMILY.read_text().split()]


def decide() -> TorchBuilds:
    """The decision of another process of the same environment."""
    torch_builds.cache_clear()
    return torch_builds()


@pytest.fixture
def wheels(offline_installers: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with wheels of all of torch's family, which only a file of pip's configuration names."""
    folder = tmp_path / "wheels"
    for requirement in REQUIREMENTS:
        name, _, version = requirement.partition("==")
        write_wheel(folder, name, f"{version}+cpu", {f"{name}/__init__.py": b""})
    configuration = tmp_path / "pip.conf"
    configuration.write_text(f"[install]\nfind-links = {folder}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    return folder


def test_what_is_requested_is_taken(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = decide()
    monkeypatch.setenv("TORCH_BACKEND", "cu130")
    requested = decide()
    assert (requested.source, requested.backend, requested.wheels) == ("requested", "cu130", None)
    assert requested.uv_options == ["--torch-backend", "cu130"]
    monkeypatch.setenv("TORCH_BACKEND", "")
    plain = decide()
    assert plain.uv_options == []
    assert len({found.key, requested.key, plain.key}) == 3


def test_a_folder_that_only_pips_configuration_names_is_found(wheels: Path) -> None:
    builds = decide()
    assert (builds.source, builds.backend) == ("wheels", "")
    assert builds.wheels is not None
    assert {file.name: file.resolve() for file in builds.wheels.glob("*.whl")} == {
        file.name: file for file in wheels.glob("*.whl")
    }
    assert builds.uv_options == ["--find-links", str(builds.wheels)]
    assert str(wheels) in builds.reason


def test_a_folder_without_torch_for_this_python_is_not(wheels: Path) -> None:
    (torch,) = wheels.glob("torch-*.whl")
    torch.rename(str(torch).replace("py3-none-any", "cp27-cp27mu-manylinux1_x86_64"))
    builds = decide()
    assert (builds.source, builds.backend, builds.wheels) == ("registry", "", None)
    assert "TORCH_BACKEND" in builds.reason


def test_a_decision_is_kept_until_its_inputs_change_or_a_day_has_passed(wheels: Path, tmp_path: Path) -> None:
    first = decide()
    (file,) = (tmp_path / "cache" / "torch-builds").glob("*.json")
    written = file.stat().st_mtime_ns
    assert decide() == first
    assert file.stat().st_mtime_ns == written
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({**kept, "decided": 0}))
    assert decide() == first
    assert json.loads(file.read_text())["decided"] > 0
    file.write_text("{")
    assert decide() == first
    key = first.key
    write_wheel(wheels, "torch", TORCH.read_text().strip().partition("==")[2] + "+cpu", {"torch/new.py": b"new = 1"})
    assert decide().key != key
    (tmp_path / "pip.conf").write_text("")
    assert decide().source == "registry"
