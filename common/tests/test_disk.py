"""Disk: which models make room for a download."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import snapshot_download
from inference_common import disk as disk_module
from inference_common import free_space
from inference_common.disk import Disk
from inference_common.errors import LoadFailed, Overloaded, TooLarge
from inference_common.hub import HubSource
from inference_common.hub_download import LEFTOVER_SECONDS, remove_leftovers
from inference_common.testing.hub import Hub, Repo, serve_hub

MIB = 2**20
LONG_AGO = time.time() - 10_000


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """org/a to org/d of 1 MiB each, org/large of 9."""
    repos = {}
    for name in ("a", "b", "c", "d", "large"):
        folder = tmp_path / "repos" / name
        folder.mkdir(parents=True)
        (folder / "weights").write_bytes(name.encode() * ((9 * MIB if name == "large" else MIB) // len(name)))
        repos[f"org/{name}"] = Repo(folder)
    with serve_hub(repos) as served:
        yield served


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def source(hub: Hub, cache: Path, name: str) -> HubSource:
    return HubSource(f"org/{name}", endpoint=hub.url, cache=cache)


def fetch(hub: Hub, cache: Path, disk: Disk, name: str, in_use: tuple[str, ...] = (), used: float = LONG_AGO) -> str:
    one = source(hub, cache, name)
    with disk.room_for(one, in_use):
        one.path()
    record = next((cache / f"models--org--{name}" / "served").iterdir())
    os.utime(record, (used, used))
    return one.resolve().commit


def there(cache: Path) -> list[str]:
    return sorted(
        path.parents[2].name.removeprefix("models--org--") for path in cache.glob("models--*/snapshots/*/weights")
    )


def test_those_used_longest_ago_make_room(hub: Hub, cache: Path) -> None:
    disk = Disk(3, cache)
    fetch(hub, cache, disk, "a", used=LONG_AGO + 2)
    fetch(hub, cache, disk, "b", used=LONG_AGO + 1)
    fetch(hub, cache, disk, "c", used=LONG_AGO + 3)
    assert there(cache) == ["a", "b", "c"]
    fetch(hub, cache, disk, "d")
    assert there(cache) == ["a", "c", "d"]
    assert not list(cache.glob("models--org--b/**/*"))
    fetch(hub, cache, disk, "b")
    assert there(cache) == ["a", "b", "c"]  # d was used longest ago


def test_a_model_in_use_stays_and_where_all_are_the_caller_waits(hub: Hub, cache: Path) -> None:
    disk = Disk(2, cache)
    first, second = fetch(hub, cache, disk, "a"), fetch(hub, cache, disk, "b")
    fetch(hub, cache, disk, "c", in_use=(first,))
    assert there(cache) == ["a", "c"]
    third = source(hub, cache, "c").resolve().commit
    with pytest.raises(Overloaded, match="MAX_DISK_MIB"):
        fetch(hub, cache, disk, "d", in_use=(first, third, second))
    assert there(cache) == ["a", "c"]


def test_what_another_server_may_be_loading_stays(hub: Hub, cache: Path) -> None:
    disk = Disk(1, cache)
    fetch(hub, cache, disk, "a", used=time.time() - disk_module.RECENT_SECONDS / 2)
    with pytest.raises(Overloaded):
        fetch(hub, cache, disk, "b")
    assert there(cache) == ["a"]


def test_downloads_at_the_same_time_count(hub: Hub, cache: Path) -> None:
    disk = Disk(2, cache)
    a, b, c = (source(hub, cache, name) for name in "abc")
    with disk.room_for(a, ()), disk.room_for(b, ()), pytest.raises(Overloaded), disk.room_for(c, ()):
        pass
    with disk.room_for(c, ()):
        c.path()


def test_a_model_past_the_whole_budget_removes_nothing(hub: Hub, cache: Path) -> None:
    disk = Disk(8, cache)
    fetch(hub, cache, disk, "a")
    with pytest.raises(TooLarge, match="takes 9 MiB on disk, and models may take 8 MiB there; set MAX_DISK_MIB"):
        fetch(hub, cache, disk, "large")
    assert there(cache) == ["a"]


def test_what_is_whole_needs_no_room(hub: Hub, cache: Path) -> None:
    fetch(hub, cache, Disk(2, cache), "a")
    fetch(hub, cache, Disk(2, cache), "b")
    fetch(hub, cache, Disk(1, cache), "a")
    assert there(cache) == ["a", "b"]


def test_what_was_put_there_otherwise_is_neither_counted_nor_removed(hub: Hub, cache: Path) -> None:
    snapshot_download("org/a", endpoint=hub.url, cache_dir=cache)
    disk = Disk(1, cache)
    fetch(hub, cache, disk, "a")
    fetch(hub, cache, disk, "b")
    fetch(hub, cache, disk, "c")
    assert there(cache) == ["a", "c"]


def test_a_full_disk_has_room_made_and_is_told_where_none_can_be(
    hub: Hub, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    total = 3 * MIB

    def usage(folder: Path) -> free_space.Usage:
        used = sum(file.stat().st_size for file in cache.glob("models--*/blobs/*"))
        return free_space.Usage(total, used, total - used)

    monkeypatch.setattr(free_space, "usage", usage)
    disk = Disk(100, cache)
    for number, name in enumerate("abcd"):
        fetch(hub, cache, disk, name, used=LONG_AGO + number)
    assert there(cache) == ["c", "d"]
    total = MIB
    with pytest.raises(LoadFailed, match="The disk lacks 1 MiB for org/a; free some, or set HF_HOME"):
        fetch(hub, cache, disk, "a")


def test_by_default_a_share_of_the_file_system_is_for_models(hub: Hub, cache: Path) -> None:
    fetch(hub, cache, Disk(None, cache), "a")
    assert there(cache) == ["a"]


def test_leftovers_of_downloads_go_once_nobody_writes_to_them(cache: Path) -> None:
    blobs = cache / "models--org--a" / "blobs"
    blobs.mkdir(parents=True)
    for name in ("old.incomplete", "new.incomplete", "whole"):
        (blobs / name).touch()
    long_ago = time.time() - 2 * LEFTOVER_SECONDS
    for name in ("old.incomplete", "whole"):
        os.utime(blobs / name, (long_ago, long_ago))
    remove_leftovers(cache)
    assert sorted(file.name for file in blobs.iterdir()) == ["new.incomplete", "whole"]
