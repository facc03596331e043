"""What a build is given: what the user names, else what is found here."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from scripts.build_arguments import build_arguments, wheels_image
from scripts.torch_builds import TorchBuilds

from .engines import own_engine


def test_what_the_user_names_is_taken(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PYTHON_IMAGE", "of-the-environment")
    monkeypatch.setenv("TORCH_BACKEND", "cu130")
    given = {"PYTHON_IMAGE": "of-the-command-line", "OTHER": "x"}
    with own_engine() as (_, url):
        monkeypatch.setenv("DOCKER_HOST", url)
        arguments = build_arguments(given)
    assert arguments == {"PYTHON_IMAGE": "of-the-command-line", "TORCH_BACKEND": "cu130", "OTHER": "x"}
    assert capsys.readouterr().out == "Base image: of-the-command-line, as PYTHON_IMAGE says.\n"


def test_a_wheel_folder_becomes_an_image_of_its_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kept").write_bytes(b"wheel")
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "some-1-py3-none-any.whl").symlink_to(tmp_path / "kept")
    (tmp_path / "wheels" / "complete").touch()
    builds = TorchBuilds("wheels", "", tmp_path / "wheels", "")
    with own_engine() as (client, url):
        monkeypatch.setenv("DOCKER_HOST", url)
        name = wheels_image(client, builds)
        assert name == wheels_image(client, builds) == f"inference-wheels:{builds.key}"
        container = client.api.create_container(name, "none")
        exported = b"".join(client.api.export(container["Id"]))
    with tarfile.open(fileobj=io.BytesIO(exported)) as files:
        wheel = files.extractfile("some-1-py3-none-any.whl")
        assert wheel is not None
        assert wheel.read() == b"wheel"
        assert "complete" not in files.getnames()
