"""What a submission changes: on a branch of its own, and as the last commit of the main branch."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts.suite.changes import changed_folders


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def commit(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("changed")
    git(root, "add", "--all")
    git(root, "commit", "--message", "a change")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A main branch of two commits."""
    git(tmp_path, "init", "--initial-branch", "main")
    commit(tmp_path, "images/a/x", "images/b/x", "images/c/x")
    commit(tmp_path, "images/c/y", "README.md")
    return tmp_path


def test_on_the_main_branch_it_is_the_last_commit(checkout: Path) -> None:
    assert changed_folders(checkout, "images") == {"c"}


def test_on_a_branch_it_is_all_since_it_left_and_what_is_not_committed(checkout: Path) -> None:
    git(checkout, "checkout", "-b", "work")
    commit(checkout, "images/a/y")
    commit(checkout, "images/b/deep/y")
    assert changed_folders(checkout, "images") == {"a", "b"}
    (checkout / "images" / "c" / "x").write_text("not committed")
    assert changed_folders(checkout, "images") == {"a", "b", "c"}


def test_a_first_commit_changes_nothing_that_is_known(tmp_path: Path) -> None:
    git(tmp_path, "init", "--initial-branch", "main")
    commit(tmp_path, "images/a/x")
    assert changed_folders(tmp_path, "images") == set()
