"""Folders of the cache: filled once, by one process at a time, and again where filling failed."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from scripts.cache import cache, made


def test_a_folder_is_filled_once(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    with made(folder) as missing:
        assert missing
        folder.mkdir()
    with made(folder) as missing:
        assert not missing


def test_one_that_failed_is_emptied_and_filled_again(tmp_path: Path) -> None:
    folder = tmp_path / "a"

    def fail() -> None:
        with made(folder):
            folder.mkdir()
            (folder / "half").touch()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with made(folder) as missing:
        assert missing
        assert not folder.exists()
        folder.mkdir()


def test_a_second_process_says_that_it_waits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, found = tmp_path / "a", []

    def wait() -> None:
        with made(folder) as missing:
            found.append(missing)

    waiting = threading.Thread(target=wait)
    with made(folder):
        folder.mkdir()
        waiting.start()
        while "Waiting for another process" not in capsys.readouterr().out:
            assert not found
    waiting.join()
    assert found == [False]


def test_a_cache_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("INFERENCE_CACHE", str(tmp_path / "file"))
    with pytest.raises(SystemExit, match="set INFERENCE_CACHE to a folder that can be written"), made(cache() / "a"):
        pass


def test_the_cache_is_in_the_users_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INFERENCE_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache() == tmp_path / ".cache" / "inference-api"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    assert cache() == tmp_path / "elsewhere" / "inference-api"
