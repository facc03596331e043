"""Digests of files, as Git and the Hub make them, and what is done with a file that has another."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub.hf_api import RepoSibling
from inference_common import hub_cache, hub_digests
from inference_common.errors import HubUnavailable
from inference_common.hub import HubSource
from inference_common.testing.hub import Hub, Repo, serve_hub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    folder = tmp_path / "repo"
    folder.mkdir()
    for name in ("README.md", "model.safetensors", "pytorch_model.bin", "config.json"):
        (folder / name).write_text(name * 50)
    with serve_hub({"org/open": Repo(folder)}) as served:
        yield served


def source(hub: Hub, tmp_path: Path) -> HubSource:
    return HubSource("org/open", endpoint=hub.url, cache=tmp_path / "cache")


def sibling(**told: object) -> RepoSibling:
    return RepoSibling(**{"rfilename": "a", **told})  # type: ignore[arg-type]


def test_the_digest_of_a_file_in_git_is_that_of_its_object(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("some text\n")
    told = subprocess.run(["git", "hash-object", "a"], cwd=tmp_path, capture_output=True, text=True, check=True)
    digest = hub_digests.of_listed(sibling(blob_id=told.stdout.strip()))
    assert digest is not None
    assert hub_digests.damaged(tmp_path, {"a": digest}) == []
    (tmp_path / "a").write_text("some_text\n")
    assert hub_digests.damaged(tmp_path, {"a": digest}) == ["a"]


def test_the_digest_of_a_file_in_lfs_is_the_sha_256_of_its_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"weights" * 1_000_000)
    sha256 = hashlib.sha256(b"weights" * 1_000_000)
    lfs = type("Lfs", (), {"sha256": sha256.hexdigest()})()
    digest = hub_digests.of_listed(sibling(blob_id="0" * 40, lfs=lfs))
    assert digest == sha256.digest()
    assert hub_digests.damaged(tmp_path, {"a": digest}) == []
    (tmp_path / "a").write_bytes(b"weighty" * 1_000_000)
    assert hub_digests.damaged(tmp_path, {"a": digest}) == ["a"]


@pytest.mark.parametrize("told", [None, "", "abc", "0" * 64, "x" * 40])
def test_what_is_no_digest_is_none(told: str | None) -> None:
    assert hub_digests.of_listed(sibling(blob_id=told)) is None


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_file_that_arrives_altered_is_removed_told_and_fetched_again(hub: Hub, tmp_path: Path, name: str) -> None:
    hub.altered[name] = 1
    with pytest.raises(HubUnavailable, match=f"{name} of org/open arrived damaged: its content is not what"):
        source(hub, tmp_path).path()
    away = Hub({}, url="http://127.0.0.1:9")
    with pytest.raises(HubUnavailable):
        source(away, tmp_path).path()
    asked = len(hub.downloads())
    folder = source(hub, tmp_path).path()
    assert (folder / name).read_text() == name * 50
    assert [line.rpartition("/")[2] for line in hub.downloads()[asked:] if "README" not in line] == [name]
    assert source(away, tmp_path).path() == folder


def test_another_form_of_the_weights_that_arrives_altered_is_not_used(hub: Hub, tmp_path: Path) -> None:
    hub.altered["pytorch_model.bin"] = 1
    assert source(hub, tmp_path).file("pytorch_model.bin") is None
    found = source(hub, tmp_path).file("pytorch_model.bin")
    assert found is not None
    assert found.read_text() == "pytorch_model.bin" * 50


def test_files_that_no_server_has_checked_yet_are_before_they_are_used(hub: Hub, tmp_path: Path) -> None:
    """As where a server ended between a download and its check."""
    one = source(hub, tmp_path)
    weights = one.path() / "model.safetensors"
    resolved = one.resolve()
    weights.resolve().write_bytes(b"x" * weights.stat().st_size)
    hub_cache.record(tmp_path / "cache", "org/open", resolved.commit, private=False, gated=False, checked=False)
    with pytest.raises(HubUnavailable):
        source(Hub({}, url="http://127.0.0.1:9"), tmp_path).path()
    with pytest.raises(HubUnavailable, match="arrived damaged"):
        source(hub, tmp_path).path()
    assert (source(hub, tmp_path).path() / "model.safetensors").read_text() == "model.safetensors" * 50


def test_files_that_were_checked_are_not_read_again(hub: Hub, tmp_path: Path) -> None:
    weights = source(hub, tmp_path).path() / "model.safetensors"
    weights.resolve().write_bytes(b"x" * weights.stat().st_size)
    assert (source(hub, tmp_path).path() / "model.safetensors").read_bytes().startswith(b"xx")
