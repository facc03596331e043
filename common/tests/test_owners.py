"""Which revisions are an owner's, and which models a pattern names."""

from pathlib import Path

import pytest
from huggingface_hub import constants
from inference_common.errors import HubUnavailable
from inference_common.owners import Patterns, is_others_ref, is_owners_commit
from inference_common.testing.hub import Repo, serve_hub


@pytest.mark.parametrize(
    ("revision", "others"),
    [
        ("refs/pr/7", True),
        ("refs/convert/parquet", True),
        ("refs/stash", True),
        ("refs/heads/main", False),
        ("refs/tags/v1", False),
        ("main", False),
        ("v1.0", False),
        ("a" * 40, False),
    ],
)
def test_refs_that_others_can_write(revision: str, others: bool) -> None:
    assert is_others_ref(revision) is others


def test_a_commit_is_the_owners_where_a_branch_or_the_history_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {name: tmp_path / name for name in ("main", "v1", "pr", "past")}
    repo = Repo(folders["main"], revisions={"v1": folders["v1"], "refs/pr/1": folders["pr"]}, past=(folders["past"],))
    commits = {name: Repo(folder).commit for name, folder in folders.items()}
    with serve_hub({"org/a": repo}) as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        for name, commit in commits.items():
            assert is_owners_commit("org/a", commit, commit) is (name != "pr"), name
        assert is_owners_commit("org/a", "v1", "of a tag that moved meanwhile")
        with pytest.raises(HubUnavailable, match="404"):
            is_owners_commit("org/none", "v1", commits["v1"])
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        assert is_owners_commit("org/a", "v1", commits["v1"]) is None


@pytest.mark.parametrize(
    ("patterns", "name", "revision", "matches"),
    [
        ("org/*", "org/a", None, True),
        ("org/*", "org/a", "v1", True),
        ("org/*", "other/a", None, False),
        ("other/*, org/a", "org/a", None, True),
        ("org/a@v1", "org/a", "v1", True),
        ("org/a@v1", "org/a", None, False),
        ("org/*@main", "org/a", None, True),
        ("org/*@main", "org/a", "refs/heads/main", True),
        ("org/*@v*", "org/a", "v2", True),
        ("org/a@c0ffee", "org/a", None, True),
        ("", "org/a", None, False),
    ],
)
def test_patterns_may_name_a_revision(patterns: str, name: str, revision: str | None, matches: bool) -> None:
    assert Patterns(patterns).match(name, revision, "c0ffee") is matches
