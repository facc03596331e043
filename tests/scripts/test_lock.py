"""Locks: when they are out of date, what is in them, and what a requirement that does not exist says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import lock
from scripts.images import ROOT, Library, libraries
from scripts.lock import Lock
from scripts.torch_files import CHOSEN_LATER


@pytest.fixture
def one(tmp_path: Path) -> Lock:
    source = tmp_path / "requirements.in"
    source.write_text("idna\n")
    return Lock(tmp_path / "requirements.txt", [source])


def test_a_lock_is_fresh_until_its_sources_change(one: Lock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "ROOT", one.file.parent)
    assert one.state == "missing"
    lock.write(one)
    assert one.state == "locked"
    text = one.file.read_text()
    assert re.search(r"^idna==[\d.]+ \\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert "://" not in text
    lock.write(one)
    assert one.file.read_text() == text
    one.sources[0].write_text("idna>3\n")
    assert one.state == "out of date"


def test_what_cannot_be_resolved_leaves_the_lock_as_it_was(one: Lock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "ROOT", one.file.parent)
    one.file.write_text("as it was")
    one.sources[0].write_text("idna<0\n")
    with pytest.raises(SystemExit, match=r"requirements\.txt could not be resolved"):
        lock.write(one)
    assert one.file.read_text() == "as it was"


def test_torch_is_chosen_later_and_what_it_pulls_in_is_not_locked() -> None:
    assert CHOSEN_LATER.match("torch==2.13.0 \\")
    assert CHOSEN_LATER.match("nvidia-cublas-cu12==1 \\")
    assert not CHOSEN_LATER.match("torchmetrics==1 \\")


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("known", [pytest.param(known, id=known.hub_name) for known in libraries()])
def test_every_package_has_a_wheel_for_each_platform(known: Library, machine: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "uv", "pip", "install", "--dry-run", "--target", str(tmp_path), "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes", "--requirements", str(known.lock)]
    command += ["--python-version", lock.OLDEST_PYTHON, "--python-platform", f"{machine}-unknown-linux-gnu"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_image_takes_the_same_packages_with_torch() -> None:
    assert CHOSEN_LATER.pattern in (ROOT / "common" / "install").read_text()
