"""Labels of images: what the folder, the base and git say, and nothing where they say nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts import labels
from scripts.images import library

DIGEST = "sha256:" + "1" * 64
NAMES = {"title", "description", "licenses", "version", "base.name", "base.digest", "revision", "created"}


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "file").write_text("one")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    monkeypatch.setattr(labels, "ROOT", tmp_path)
    return tmp_path


def test_every_image_says_what_it_is_and_is_made_from() -> None:
    found = labels.labels(library("hibari"))
    assert {f"{labels.PREFIX}{name}" for name in NAMES} <= set(found)
    assert found[f"{labels.PREFIX}title"] == "inference-hibari"


def test_another_base_is_named_with_its_digest_only_where_it_has_one() -> None:
    assert labels.of_base(f"base:1@{DIGEST}") == {"base.name": "base:1", "base.digest": DIGEST}
    assert f"{labels.PREFIX}base.digest" not in labels.labels(library("hibari"), "base:1")


def test_the_revision_says_when_files_are_not_committed(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    assert labels.of_commit()["revision"] == head
    (repository / "file").write_text("two")
    assert labels.of_commit()["revision"] == f"{head}-dirty"


@pytest.mark.parametrize(
    ("remote", "source"),
    [
        ("https://name:secret@host.example/owner/repo.git", "https://host.example/owner/repo"),
        ("git@host.example:owner/repo.git", "https://host.example/owner/repo"),
        ("ssh://git@host.example:22/owner/group/repo", "https://host.example/owner/group/repo"),
        ("/srv/git/repo", ""),
        ("../repo", ""),
    ],
)
def test_the_source_is_an_address_without_credentials(repository: Path, remote: str, source: str) -> None:
    git(repository, "remote", "add", "origin", remote)
    assert labels.of_commit()["source"] == source


def test_without_a_repository_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "ROOT", tmp_path)
    assert not any(labels.of_commit().values())
