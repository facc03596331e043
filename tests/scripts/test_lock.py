"""Locks: when they are out of date, what is in them, and what a requirement that does not exist says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts import lock
from scripts.lock import Lock


@pytest.fixture
def one(tmp_path: Path) -> Lock:
    asked = tmp_path / "requirements.in"
    asked.write_text("idna\n")
    return Lock(tmp_path / "requirements.txt", [asked])


def test_a_lock_is_fresh_until_what_was_asked_changes(one: Lock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "ROOT", one.file.parent)
    assert one.state == "missing"
    lock.write(one)
    assert one.state == "locked"
    text = one.file.read_text()
    assert re.search(r"^idna==[\d.]+ \\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert "://" not in text
    lock.write(one)
    assert one.file.read_text() == text
    one.asked[0].write_text("idna>3\n")
    assert one.state == "out of date"


def test_what_cannot_be_resolved_leaves_the_lock_as_it_was(one: Lock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "ROOT", one.file.parent)
    one.file.write_text("as it was")
    one.asked[0].write_text("idna<0\n")
    with pytest.raises(SystemExit, match=r"requirements\.txt could not be resolved"):
        lock.write(one)
    assert one.file.read_text() == "as it was"


def test_torch_is_chosen_later_and_what_it_pulls_in_is_not_locked() -> None:
    assert lock.CHOSEN_LATER.match("torch==2.13.0 \\")
    assert lock.CHOSEN_LATER.match("nvidia-cublas-cu12==1 \\")
    assert not lock.CHOSEN_LATER.match("torchmetrics==1 \\")
