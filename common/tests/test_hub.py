"""HubSource: what it asks before it fetches, what it does without the Hub, and what it says of failures."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import _tree_cache
from inference_common import hub as hub_module
from inference_common.errors import HubUnavailable, InferenceError, InvalidRequest, LoadFailed, TooLarge
from inference_common.hub import HubSource
from inference_common.testing.hub import Hub, Repo, serve_hub
from inference_common.testing.slow import HANGS

CARD = "---\npipeline_tag: text-ranking\n---\n"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "README.md").write_text(CARD)
    for name in ("model.safetensors", "pytorch_model.bin", "config.json"):
        (folder / name).write_text(name * 50)
    about = tmp_path / "about"
    about.mkdir()
    (about / "README.md").write_text(CARD)
    (about / ".gitattributes").write_text("")
    untold = tmp_path / "untold"
    untold.mkdir()
    (untold / "config.json").write_text("{}")
    (untold / "README.md").write_text("---\nlicense: mit\n---\n")
    repos = {
        "org/open": Repo(folder, ("v1",)),
        "org/about": Repo(about),
        "org/large": Repo(folder, sizes={"model.safetensors": 2**50}),
        "org/private": Repo(folder, private=True),
        "org/told": Repo(folder, pipeline_tag="feature-extraction"),
        "org/untold": Repo(untold, pipeline_tag="feature-extraction"),
    }
    with serve_hub(repos) as served:
        yield served


def source(hub: Hub, tmp_path: Path, name: str = "org/open", revision: str | None = None, **more: object) -> HubSource:
    return HubSource(name, revision, endpoint=hub.url, cache=tmp_path / "cache", **more)  # type: ignore[arg-type]


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


def test_what_a_model_is_costs_its_card_alone(hub: Hub, tmp_path: Path) -> None:
    resolved = source(hub, tmp_path).resolve()
    assert resolved.commit == hub.repos["org/open"].commit
    assert resolved.card.task == "text-ranking"
    assert resolved.sizes == {"README.md": len(CARD), "model.safetensors": 850, "config.json": 550}
    assert resolved.total_bytes == len(CARD) + 1400
    assert (resolved.private, resolved.gated) == (False, False)
    assert [line.rpartition("/")[2] for line in hub.downloads()] == ["README.md"]


def test_the_hubs_own_name_of_a_task_counts_where_the_card_names_none(hub: Hub, tmp_path: Path) -> None:
    untold = source(hub, tmp_path, "org/untold")
    assert untold.resolve().card.task == "feature-extraction"
    assert source(hub, tmp_path, "org/told").resolve().card.task == "text-ranking"
    untold.path()
    away = Hub({}, url="http://127.0.0.1:9")
    assert source(away, tmp_path, "org/untold").resolve().card.task == "feature-extraction"


def test_what_was_resolved_is_not_asked_again(hub: Hub, tmp_path: Path) -> None:
    resolved = source(hub, tmp_path).resolve()
    asked = len([line for line in hub.requests if "/api/models/org/open" in line])
    one = source(hub, tmp_path, resolved=resolved)
    assert one.revision == resolved.commit
    assert one.path().name == resolved.commit
    again = [line for line in hub.requests[asked:] if line.endswith(("/org/open", "/revision/main"))]
    assert not again


def test_a_repository_without_a_models_files_is_told(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="no files that a model could be loaded from"):
        source(hub, tmp_path, "org/about").path()


def test_a_repository_of_very_many_files_is_refused(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "MAX_FILES", 2)
    with pytest.raises(TooLarge, match="has 3 files, and models here at most 2"):
        source(hub, tmp_path).path()


def test_no_byte_is_fetched_that_the_disk_has_no_room_for(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(LoadFailed, match=r"lacks [\d,]+ MiB for org/large; free some, or set HF_HOME"):
        source(hub, tmp_path, "org/large").path()
    assert [line.rpartition("/")[2] for line in hub.downloads()] == ["README.md"]


@pytest.mark.parametrize("slow", [HANGS, 0.4])
def test_a_hub_that_does_not_answer_holds_nobody(
    hub: Hub, tmp_path: Path, slow: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "ANSWER_SECONDS", 1.0)
    hub.slow["/api/models"] = slow
    with within(3.0), pytest.raises(HubUnavailable):
        source(hub, tmp_path).resolve()
    hub.slow.clear()
    source(hub, tmp_path).path()
    hub.slow["/"] = slow
    with within(3.0):
        one = source(hub, tmp_path)
        assert one.path().is_dir()
    assert one.card().task == "text-ranking"
    with pytest.raises(HubUnavailable):
        source(hub, tmp_path, revision="v1").resolve()


def test_a_model_that_is_not_whole_in_the_cache_is_not_served_from_it(hub: Hub, tmp_path: Path) -> None:
    folder = source(hub, tmp_path).path()
    away = Hub({}, url="http://127.0.0.1:9")
    assert source(away, tmp_path).path() == folder
    weights = folder / "model.safetensors"
    blob, written = weights.resolve(), weights.read_bytes()
    blob.unlink()
    with pytest.raises(HubUnavailable):
        source(away, tmp_path).path()
    blob.write_bytes(written[:-1])
    with pytest.raises(HubUnavailable):
        source(away, tmp_path).path()
    blob.write_bytes(written)
    assert source(away, tmp_path).path() == folder


def test_a_file_that_was_cut_in_the_cache_is_fetched_again(hub: Hub, tmp_path: Path) -> None:
    weights = source(hub, tmp_path).path() / "model.safetensors"
    whole = weights.read_bytes()
    weights.resolve().write_bytes(whole[:10])
    assert (source(hub, tmp_path).path() / "model.safetensors").read_bytes() == whole


def test_another_form_of_the_weights_is_fetched_unless_it_is_far_larger(hub: Hub, tmp_path: Path) -> None:
    one = source(hub, tmp_path)
    found = one.file("pytorch_model.bin")
    assert found is not None
    assert found.read_text().startswith("pytorch_model.bin")
    hub.repos["org/open"].sizes["pytorch_model.bin"] = 2**30  # type: ignore[index]
    found.unlink()
    asked = len(hub.downloads())
    assert source(hub, tmp_path).file("pytorch_model.bin") is None
    assert source(hub, tmp_path).file("missing.bin") is None
    assert [line for line in hub.downloads()[asked:] if "README" not in line] == []


def test_a_cache_of_another_client_is_whole_unless_something_is_half_there(hub: Hub, tmp_path: Path) -> None:
    folder = source(hub, tmp_path).path()
    repository = folder.parents[1]
    for file in (*repository.glob("trees/*"), *repository.glob("served/*")):
        file.unlink()
    _tree_cache._IN_MEMORY_TREE_CACHE.clear()
    away = Hub({}, url="http://127.0.0.1:9")
    assert source(away, tmp_path).path() == folder
    half = repository / "blobs" / "abc.incomplete"
    half.touch()
    with pytest.raises(HubUnavailable):
        source(away, tmp_path).resolve()
    half.unlink()
    (folder / "config.json").resolve().unlink()
    with pytest.raises(HubUnavailable):
        source(away, tmp_path).resolve()


def test_who_may_read_a_model_is_kept_for_when_the_hub_is_away(hub: Hub, tmp_path: Path) -> None:
    source(hub, tmp_path, "org/private").path()
    source(hub, tmp_path).path()
    away = Hub({}, url="http://127.0.0.1:9")
    assert source(away, tmp_path, "org/private").resolve().private
    assert not source(away, tmp_path, token="hf_any").resolve().private
    record = next((tmp_path / "cache").glob("models--org--open/served/*.json"))
    record.unlink()
    assert source(away, tmp_path, token="hf_any").resolve().private  # it may be the token that opened it
    assert not source(away, tmp_path).resolve().private


@pytest.mark.parametrize(
    ("status", "headers", "kind", "said", "retry_after"),
    [
        (429, {"retry-after": "7"}, HubUnavailable, "too many requests", 7),
        (429, {"retry-after": "9" * 30}, HubUnavailable, "too many requests", 60),
        (429, {"ratelimit": '"api";r=0;t=55'}, HubUnavailable, "too many requests", 55),
        (500, {}, HubUnavailable, "with status 500", 10),
        (400, {}, InvalidRequest, "with status 400", None),
    ],
)
@pytest.mark.parametrize("where", ["/api/models/org/open", "/resolve/"])
def test_the_hubs_answer_is_told(
    hub: Hub,
    tmp_path: Path,
    where: str,
    status: int,
    headers: dict[str, str],
    kind: type[InferenceError],
    said: str,
    retry_after: int | None,
) -> None:
    hub.refused[where] = (status, headers)
    with within(5.0), pytest.raises(kind, match=said) as caught:
        source(hub, tmp_path).path()
    assert caught.value.retry_after == retry_after


def test_a_hub_that_is_busy_while_files_are_fetched_is_not_waited_for(hub: Hub, tmp_path: Path) -> None:
    hub.refused["/model.safetensors"] = (429, {"retry-after": "3600"})
    with within(5.0), pytest.raises(HubUnavailable, match="too many requests") as caught:
        source(hub, tmp_path).path()
    assert caught.value.retry_after == 3600


def test_a_download_that_always_breaks_off_ends_and_leaves_nothing(hub: Hub, tmp_path: Path) -> None:
    hub.cut["model.safetensors"] = 100
    with pytest.raises(HubUnavailable):
        source(hub, tmp_path).path()
    assert not list((tmp_path / "cache").glob("**/*.incomplete"))
