"""The folders of wheels that uv's environment and pip's configuration name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scripts.wheel_folders import wheel_folders


def test_every_source_of_pips_configuration_and_uvs_environment_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c, d = (tmp_path / name for name in "abcd")
    for folder in (a, b, c, d):
        folder.mkdir()
    configuration = tmp_path / "pip.conf"
    configuration.write_text(f"[global]\nfind-links =\n    {a}\n    https://example.org/wheels\n    {b.as_uri()}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))
    monkeypatch.setenv("PIP_FIND_LINKS", f"{c} {tmp_path / 'missing'} {a}")
    monkeypatch.setenv("UV_FIND_LINKS", str(d))
    folders, files = wheel_folders()
    assert {a, b, c, d} <= set(folders)
    assert folders[0] == d
    assert len(folders) == len(set(folders))
    assert tmp_path / "missing" not in folders
    assert configuration in files


def test_a_configuration_that_names_none_gives_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.delenv("UV_FIND_LINKS", raising=False)
    assert wheel_folders()[0] == []
