"""Digests of files, as Git and the Hub make them."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from huggingface_hub.hf_api import RepoSibling
from inference_common import hub_digests


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
