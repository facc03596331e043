from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from inference_common.errors import Forbidden, HubUnavailable, InvalidRequest, NotFound
from inference_common.source import FolderSource, HubSource, ModelCard, open_source, read_card
from inference_common.testing.hub import Hub, Repo, serve_hub

CARD = """---
library_name: toys
pipeline_tag: text-ranking
inference: {parameters: {top_k: 3}}
tags: [a]
widget: [{text: hello}]
---
"""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "README.md").write_text(CARD)
    for name in ("model.safetensors", "pytorch_model.bin", "tf_model.h5", "config.json"):
        (folder / name).write_text(name * 50)
    repos = {"org/open": Repo(folder, ("v1",)), "org/gated": Repo(folder, token="hf_right")}
    with serve_hub(repos) as served:
        yield served


def source(hub: Hub, tmp_path: Path, name: str = "org/open", **asked: str) -> HubSource:
    return HubSource(name, asked.get("revision"), asked.get("token"), endpoint=hub.url, cache=tmp_path / "cache")


def test_a_repository_is_downloaded_once_without_other_formats(hub: Hub, tmp_path: Path) -> None:
    first = source(hub, tmp_path)
    assert sorted(p.name for p in first.path().iterdir()) == ["README.md", "config.json", "model.safetensors"]
    assert first.revision == hub.repos["org/open"].commit
    assert first.card().task == "text-ranking"
    assert len(hub.downloads()) == 4  # the card twice: first alone
    source(hub, tmp_path).path()
    assert len(hub.downloads()) == 4


def test_a_file_that_is_left_out_is_downloaded_when_it_is_wanted(hub: Hub, tmp_path: Path) -> None:
    one = source(hub, tmp_path)
    assert one.file("tf_model.h5", cached_only=True) is None
    assert one.file("missing") is None
    found = one.file("tf_model.h5")
    assert found is not None
    assert one.file("tf_model.h5", cached_only=True) == found


def test_a_branch_is_found_and_a_missing_one_told(hub: Hub, tmp_path: Path) -> None:
    assert source(hub, tmp_path, revision="v1").path().is_dir()
    with pytest.raises(NotFound, match="no revision 'v2'"):
        source(hub, tmp_path, revision="v2").path()


def test_a_missing_repository_is_told(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no model org/none"):
        source(hub, tmp_path, "org/none").path()


def test_a_gated_repository_wants_its_token(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(Forbidden, match="gated"):
        source(hub, tmp_path, "org/gated", token="hf_wrong").path()
    assert source(hub, tmp_path, "org/gated", token="hf_right").path().is_dir()


def test_a_hub_that_is_away_is_transient_until_it_is_cached(hub: Hub, tmp_path: Path) -> None:
    away = Hub({}, url="http://127.0.0.1:9")
    with pytest.raises(HubUnavailable, match="check the network and HF_ENDPOINT, or name a folder"):
        source(away, tmp_path).path()
    source(hub, tmp_path).path()
    assert source(away, tmp_path).path().is_dir()


def test_an_id_names_a_folder_or_a_repository(tmp_path: Path) -> None:
    assert isinstance(open_source(str(tmp_path)), FolderSource)
    pinned = open_source("org/name@v1")
    assert (pinned.name, pinned.revision) == ("org/name", "v1")


@pytest.mark.parametrize("model_id", ["a/b/c", "../etc", "", "org/", "/no/such/folder", "org/na me", "x" * 300])
def test_what_can_be_neither_is_refused(model_id: str) -> None:
    with pytest.raises(InvalidRequest, match="neither a folder nor a Hub id"):
        open_source(model_id)


def test_the_card_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(CARD)
    card = ModelCard("toys", "text-ranking", True, {"top_k": 3}, [{"text": "hello"}], ["a"])
    assert FolderSource(tmp_path).card() == card


@pytest.mark.parametrize("text", ["", "# no front matter"])
def test_a_card_without_front_matter_is_an_empty_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "README.md").write_text(text)
    assert read_card(tmp_path) == ModelCard()


@pytest.mark.parametrize("text", ["---\n[broken\n---\n", "---\njust text\n---\n"])
def test_a_malformed_card_is_an_empty_one_that_says_why(tmp_path: Path, text: str) -> None:
    (tmp_path / "README.md").write_text(text)
    card = read_card(tmp_path)
    assert card.problem
    assert replace(card, problem=None) == ModelCard()


def test_an_owner_can_refuse_inference(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\ninference: false\n---\n")
    assert read_card(tmp_path).inference is False
