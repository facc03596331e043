"""The inputs of a check: the same in every clone, and other ones as soon as a file that counts changes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.suite import inputs
from scripts.suite.inputs import Inputs, Tree
from scripts.torch_builds import TorchBuilds

FILES = {"app/main.py": "a", "app/notes.md": "b", "common/tests/test_a.py": "c", "common/src/a.py": "d"}
ALL = Inputs(("common/*",), ("app/*",), without=("common/tests/*",))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small checkout whose .gitignore has effect; nothing of it is committed."""
    root = tmp_path / "checkout"
    for name, text in {**FILES, ".gitignore": "ignored/\n", "ignored/x.py": "e"}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    subprocess.run(["git", "init", "--quiet", root], check=True)
    return root


def test_only_what_git_would_track_counts(checkout: Path) -> None:
    assert set(Tree.read(checkout).files) == {*FILES, ".gitignore"}
    (checkout / "app" / "main.py").unlink()
    assert "app/main.py" not in Tree.read(checkout).files


def test_another_place_and_other_times_of_files_make_no_difference(checkout: Path, tmp_path: Path) -> None:
    shutil.copytree(checkout, tmp_path / "elsewhere")
    for file in (tmp_path / "elsewhere").rglob("*.py"):
        os.utime(file, (0, 0))
    assert Tree.read(tmp_path / "elsewhere").digest(ALL) == Tree.read(checkout).digest(ALL)


@pytest.mark.parametrize(
    ("name", "changes", "changes_own"),
    [
        ("app/main.py", True, True),
        ("app/new.py", True, True),
        ("app/notes.md", False, False),
        ("common/src/a.py", True, False),
        ("common/tests/test_a.py", False, False),
        ("elsewhere.py", False, False),
        ("ignored/x.py", False, False),
    ],
)
def test_a_changed_file_counts_where_it_is_an_input(
    checkout: Path, name: str, changes: bool, changes_own: bool
) -> None:
    before = Tree.read(checkout)
    (checkout / name).write_text("changed")
    after = Tree.read(checkout)
    assert (after.digest(ALL) != before.digest(ALL)) is changes
    assert (after.own_digest(ALL) != before.own_digest(ALL)) is changes_own


def test_prose_counts_for_what_reads_it(checkout: Path) -> None:
    readers = Inputs(("app/*",), prose=True)
    before = Tree.read(checkout).digest(readers)
    (checkout / "app" / "notes.md").write_text("changed")
    assert Tree.read(checkout).digest(readers) != before


def test_whether_a_file_can_be_run_counts(checkout: Path) -> None:
    before = Tree.read(checkout).digest(ALL)
    (checkout / "app" / "main.py").chmod(0o755)
    assert Tree.read(checkout).digest(ALL) != before


def test_what_chooses_packages_counts_for_what_installs_them(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree, installs = Tree.read(checkout), Inputs(("app/*",), installs=True)
    before = tree.digest(installs), tree.digest(ALL)
    monkeypatch.setenv("UV_INDEX", "https://index.test/simple")
    variable = tree.digest(installs)
    monkeypatch.setattr(inputs, "torch_builds", lambda: TorchBuilds("requested", "cu130", None, ""))
    assert len({before[0], variable, tree.digest(installs)}) == 3
    assert tree.digest(ALL) == before[1]


def test_outside_of_git_the_reason_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(SystemExit, match="needs a git checkout"):
        Tree.read(tmp_path)
