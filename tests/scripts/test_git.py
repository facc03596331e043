"""Git's output, and nothing where there is none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts.git import git


def test_the_output_has_no_white_space_around_it(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "work", tmp_path], check=True)
    assert git(tmp_path, "symbolic-ref", "--short", "HEAD") == "work"


def test_a_command_that_fails_is_empty(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    assert git(tmp_path, "rev-parse", "HEAD") == ""  # no commit yet; git itself prints HEAD


def test_without_git_it_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git(tmp_path, "--version") == ""
