"""What travels to a GPU machine, and the messages where it cannot be used there."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

from scripts.gpu.pack import LEFT_OUT, requirements, write
from scripts.images import ROOT


def names(lines: list[str]) -> set[str]:
    return {line.partition("==")[0] for line in lines}


def test_the_locked_packages_travel_with_their_hashes_but_not_what_is_there() -> None:
    found = requirements(without=["numpy"])
    assert {"transformers", "sentence-transformers", "timm", "starlette", "pydantic-core", "scipy"} <= names(found)
    assert not names(found) & {"numpy", "torch", "torchvision"}
    assert all("--hash=sha256:" in line for line in found)
    assert len(found) == len(set(found))


def test_each_that_is_left_out_is_locked() -> None:
    assert set(LEFT_OUT) <= names(requirements(without=()))


def test_the_archive_leaves_out_what_nothing_imports(tmp_path: Path) -> None:
    site = tmp_path / "site"
    for name in ("package/module.py", "package/tests/test_module.py", "package/stub.pyi", "bin/program"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).touch()
    write(site, tmp_path / "made" / "packages.tar.xz")
    with tarfile.open(tmp_path / "made" / "packages.tar.xz") as tar:
        assert {entry.name for entry in tar if entry.isfile()} == {"./package/module.py"}


def verify(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.gpu", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_it_says_what_to_do_without_packages_or_with_those_of_another_python(tmp_path: Path) -> None:
    missing = verify("--packages", tmp_path / "no.tar.xz")
    assert (missing.returncode, "./manage.py gpu" in missing.stdout) == (2, True)
    site = tmp_path / "site" / "pydantic_core"
    site.mkdir(parents=True)
    (site / "_pydantic_core.cpython-30-x86_64-linux-gnu.so").touch()
    write(site.parent, tmp_path / "packages.tar.xz")
    other = verify("--packages", tmp_path / "packages.tar.xz")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert (other.returncode, f"--python {version}" in other.stdout) == (2, True)
