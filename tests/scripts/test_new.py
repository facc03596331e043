"""A new library, in a copy of the repository: written, locked, listed, and its contract tests say what to write."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.images import ROOT, Library, libraries
from scripts.new import TEMPLATES, write

from ..repository.test_repo import sources


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The repository's files, with no library yet."""
    for path in sources():
        relative = path.relative_to(ROOT)
        if relative.parts[0] != "docker_images":
            (tmp_path / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, tmp_path / relative)
    (tmp_path / "docker_images").mkdir()
    return tmp_path


def run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    source = str(copy / "common" / "src")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(copy), source))}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)


def test_its_contract_tests_run_at_once_and_say_what_to_write(copy: Path) -> None:
    made = run(copy, "scripts", "new", "my-library", "text-classification", "--requires", "numpy")
    assert made.returncode == 0, made.stderr
    assert "docker_images/my_library/models.py" in made.stdout
    assert "my-library" in run(copy, "scripts", "show").stdout
    assert "`my-library`" in (copy / "README.md").read_text()
    assert "inference-my-library" in (copy / "docker-bake.hcl").read_text()
    tested = run(copy, "pytest", "-q", "tests/test_contract.py", "-x", "--library", "my-library")
    assert tested.returncode == 1
    assert "write a tiny model of text-classification in docker_images/my_library/models.py" in tested.stdout
    again = run(copy, "scripts", "new", "my_library", "text-classification")
    assert again.returncode == 1
    assert "exists already" in again.stderr


@pytest.mark.parametrize(
    ("name", "task", "said"),
    [("../evil", "text-classification", "cannot be"), ("Upper", "text-ranking", "cannot be"), ("x", "dance", "dance")],
)
def test_what_cannot_be_is_refused(copy: Path, name: str, task: str, said: str) -> None:
    refused = run(copy, "scripts", "new", name, task)
    assert refused.returncode == 1
    assert said in refused.stderr
    assert list((copy / "docker_images").iterdir()) == []


def test_what_it_writes_is_formatted_and_typed(tmp_path: Path) -> None:
    known = Library("my_library", tmp_path / "my_library")
    write(known, ["text-classification", "feature-extraction"], ["my-package", "torch"])
    assert known.base == "inference-torch"
    assert known.tasks == ["feature-extraction", "text-classification"]
    for tool in (["ruff", "check"], ["ruff", "format", "--check"], ["mypy", "--python-executable", sys.executable]):
        options = ["--config", "pyproject.toml"] if tool[0] == "ruff" else ["--config-file", "pyproject.toml"]
        done = subprocess.run(
            [sys.executable, "-m", *tool, *options, str(known.folder)], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout


def test_every_dockerfile_is_the_template() -> None:
    template = (TEMPLATES / "Dockerfile").read_text().replace("$$", "$")
    for known in libraries():
        at = known.folder.relative_to(known.context)
        copied = " ".join(str(at / name) for name in ("requirements.txt", "apt.tx[t]", "torch.tx[t]"))
        own = template.replace("requirements.txt apt.tx[t] torch.tx[t]", copied).replace("$base", known.base)
        assert (known.folder / "Dockerfile").read_text() == own
