"""Downloads in threads of their own."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from inference_common import hub_download
from inference_common.errors import HubUnavailable
from inference_common.hub_download import fetch


def test_a_download_that_writes_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_download, "PROGRESS_SECONDS", 0.2)
    monkeypatch.setattr(hub_download, "_LOOK_SECONDS", 0.05)
    ended = threading.Event()
    with pytest.raises(HubUnavailable, match="has written nothing"):
        fetch(ended.wait, tmp_path, "org/name", 1)
    ended.set()


def test_a_download_that_writes_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_download, "PROGRESS_SECONDS", 0.4)
    monkeypatch.setattr(hub_download, "_LOOK_SECONDS", 0.05)
    blobs = tmp_path / "models--org--name" / "blobs"
    blobs.mkdir(parents=True)

    def write() -> None:
        for number in range(10):
            threading.Event().wait(0.1)
            (blobs / "weights.incomplete").write_bytes(bytes(number + 1))

    fetch(write, tmp_path, "org/name", 1)
    assert (blobs / "weights.incomplete").stat().st_size == 10


def test_what_the_download_raises_is_raised(tmp_path: Path) -> None:
    def fail() -> None:
        raise TimeoutError("the client's own")

    with pytest.raises(TimeoutError, match="the client's own"):
        fetch(fail, tmp_path, "org/name", 1)
