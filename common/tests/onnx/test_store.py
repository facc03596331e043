"""Where there is no torch, as where these tests run: what is there is taken, and nothing can be made."""

import errno
import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from huggingface_hub import constants
from inference_common.onnx import store
from inference_common.onnx.make import is_shortage
from inference_common.onnx.process import SHORTAGE, ExportProcess, Result
from inference_common.onnx.search import Search, searching
from inference_common.onnx.store import OWN, Wanted, kept, network_file
from inference_common.source import FolderSource
from inference_common.testing.onnx import write_lookup

WANTED = Wanted("originals:Encoding", ("last_hidden_state",))


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderSource:
    monkeypatch.setattr(constants, "HF_HOME", str(tmp_path / "home"))
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    return FolderSource(folder)


def test_the_repository_s_own_is_taken(source: FolderSource) -> None:
    assert network_file(source, WANTED, "auto") is None
    write_lookup(source.path() / OWN, "last_hidden_state")
    assert network_file(source, WANTED, "auto") == source.path() / OWN
    assert network_file(source, WANTED, "none") is None


def test_what_cannot_be_made_here_leaves_no_mark_for_where_it_can(source: FolderSource) -> None:
    assert network_file(source, WANTED, "onnx") is None
    assert not kept(source, WANTED).exists()


def test_bytes_are_not_the_whole_numbers_file(source: FolderSource) -> None:
    write_lookup(source.path() / OWN, "last_hidden_state")
    assert network_file(source, WANTED, "int8") is None
    assert network_file(source, WANTED, "onnx") == source.path() / OWN


def test_other_weights_are_kept_elsewhere(source: FolderSource) -> None:
    before = kept(source, WANTED)
    assert kept(source, WANTED) == before
    (source.path() / "model.safetensors").write_bytes(b"other weights")
    assert kept(source, WANTED) != before
    assert kept(source, Wanted("originals:Encoding", ("logits",))) != kept(source, WANTED)


def test_another_file_of_the_repository_is_another_one_to_check(source: FolderSource) -> None:
    own = source.path() / OWN
    write_lookup(own, "last_hidden_state")
    before = kept(source, WANTED, own)
    write_lookup(own, "last_hidden_state", seed=1)
    assert kept(source, WANTED, own) != before


def test_another_config_around_the_network_is_another_verdict(source: FolderSource) -> None:
    found = {kept(source, WANTED)}
    for file in ("config_sentence_transformers.json", "1_Pooling/config.json", "tokenizer_config.json", "vocab.txt"):
        (source.path() / file).parent.mkdir(exist_ok=True)
        (source.path() / file).write_text("{}")
        found.add(kept(source, WANTED))
    assert len(found) == 5


def test_a_file_that_a_search_names_is_taken_as_it_is(source: FolderSource) -> None:
    with searching(Search(file=source.path() / "another.onnx")) as search:
        assert network_file(source, WANTED, "onnx") == search.file
    assert search.has_form


@pytest.mark.parametrize(("answers", "is_taken"), [("", True), ("an answer of feature-extraction is off by 1", False)])
def test_a_file_over_which_answers_differ_is_not_taken(
    source: FolderSource, monkeypatch: pytest.MonkeyPatch, answers: str, is_taken: bool
) -> None:
    requests: list[Mapping[str, Any]] = []

    def export(process: ExportProcess, request: Mapping[str, Any]) -> Result:
        requests.append(request)
        write_lookup(Path(request["file"]), "last_hidden_state")
        return Result([], 0, json.dumps({"difference": 0.0, "agreement": None, "answers": answers}), "")

    monkeypatch.setattr(store, "find_spec", lambda name: object())
    monkeypatch.setattr(ExportProcess, "run", export)
    with searching(Search(pipeline="app.pipelines.feature_extraction:FeatureExtraction")) as search:
        assert (network_file(source, WANTED, "onnx") is not None) == is_taken
    assert search.reason == answers
    assert (requests[0]["model"], requests[0]["pipeline"]) == (str(source.path()), search.pipeline)


def test_what_cannot_be_kept_is_not_made(source: FolderSource, monkeypatch: pytest.MonkeyPatch) -> None:
    home = source.path().parent / "home"
    home.write_text("no folder")
    monkeypatch.setattr(store, "find_spec", lambda name: object())  # as where there is torch
    assert network_file(source, WANTED, "onnx") is None


def test_a_check_that_failed_is_remembered(source: FolderSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "find_spec", lambda name: object())  # the process that checks will find none
    assert network_file(source, WANTED, "onnx") is None
    told = json.loads((kept(source, WANTED) / "model.json").read_text())
    assert not told["taken"]
    assert "No module named 'torch'" in told["why"]
    assert network_file(source, WANTED, "onnx") is None


@pytest.mark.parametrize("mark", ["", "{", "[]", "null", '{"taken": 1}', '{"taken": true, "why": ""}'])
def test_a_mark_that_says_nothing_is_written_again(
    source: FolderSource, monkeypatch: pytest.MonkeyPatch, mark: str
) -> None:
    monkeypatch.setattr(store, "find_spec", lambda name: object())
    folder = kept(source, WANTED)
    folder.mkdir(parents=True)
    (folder / "model.json").write_text(mark)
    with searching(Search()) as search:
        assert network_file(source, WANTED, "auto") is None
    assert search.is_pending
    assert network_file(source, WANTED, "onnx") is None
    assert "could not be exported" in json.loads((folder / "model.json").read_text())["why"]


def test_auto_takes_what_is_verified_and_starts_no_process(
    source: FolderSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "find_spec", lambda name: object())
    monkeypatch.setattr(ExportProcess, "run", lambda *_: 1 / 0)
    write_lookup(source.path() / OWN, "last_hidden_state")
    with searching(Search()) as search:
        assert network_file(source, WANTED, "auto") is None
    assert (search.has_form, search.is_pending) == (True, True)
    mark = kept(source, WANTED, source.path() / OWN) / "model.json"
    mark.parent.mkdir(parents=True)
    mark.write_text(json.dumps({"taken": True, "why": "", "difference": 0.0}))
    assert network_file(source, WANTED, "auto") == source.path() / OWN
    store.refuse(mark, "its answers differ")
    with searching(Search()) as search:
        assert network_file(source, WANTED, "auto") is None
    assert search.is_pending  # another one may be exported


def test_auto_loads_what_was_exported_beside_requests_once_its_answers_were_compared(
    source: FolderSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    def export(process: ExportProcess, request: Mapping[str, Any]) -> Result:
        write_lookup(Path(request["file"]), "last_hidden_state")
        return Result([], 0, json.dumps({"difference": 0.0, "agreement": None}), "")

    monkeypatch.setattr(store, "find_spec", lambda name: object())
    monkeypatch.setattr(ExportProcess, "run", export)
    with searching(Search(compares=True)) as search:
        exported = network_file(source, WANTED, "onnx")
    assert exported is not None
    assert search.mark is not None
    assert network_file(source, WANTED, "auto") is None  # as after a server that stopped before it compared them
    assert network_file(source, WANTED, "onnx") == exported
    store.confirm(search.mark)
    assert network_file(source, WANTED, "auto") == exported


def test_a_process_that_was_killed_leaves_no_mark(source: FolderSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "find_spec", lambda name: object())
    process = ExportProcess()
    process.stop()
    with searching(Search(process)) as search:
        assert network_file(source, WANTED, "onnx") is None
    assert search.reason == "its process was ended by signal 9"
    assert not list(kept(source, WANTED).glob("*.json"))


def test_another_server_s_export_is_not_waited_for_by_one_that_stops(
    source: FolderSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "find_spec", lambda name: object())
    monkeypatch.setattr(store, "LOCK_SECONDS", 0.05)
    folder = kept(source, WANTED)
    folder.mkdir(parents=True)
    process = ExportProcess()
    threading.Timer(0.2, process.stop).start()
    with FileLock(folder / "lock"), searching(Search(process)) as search:
        assert network_file(source, WANTED, "onnx") is None
    assert search.reason == "the server stopped"


def failing(status: int, *, until_written: bool = False) -> Callable[..., Result]:
    """Stands in for an export that ends so; or only as long as there is a file that it did not write."""

    def run(process: ExportProcess, request: Mapping[str, Any]) -> Result:
        if until_written and request["write"]:
            write_lookup(Path(request["file"]), "last_hidden_state")
            return Result([], 0, json.dumps({"difference": 0.0, "agreement": None}), "")
        return Result([], status, "", "it failed")

    return run


@pytest.mark.parametrize(("status", "is_remembered"), [(1, True), (SHORTAGE, False), (-9, False)])
def test_what_failed_for_want_of_memory_or_disk_is_tried_again(
    source: FolderSource, monkeypatch: pytest.MonkeyPatch, status: int, is_remembered: bool
) -> None:
    monkeypatch.setattr(store, "find_spec", lambda name: object())
    monkeypatch.setattr(ExportProcess, "run", failing(status))
    assert network_file(source, WANTED, "onnx") is None
    assert (kept(source, WANTED) / "model.json").exists() == is_remembered
    assert not list(kept(source, WANTED).glob("*.part"))


@pytest.mark.parametrize("is_marked", [False, True])
def test_a_file_that_was_cut_off_is_exported_anew(
    source: FolderSource, monkeypatch: pytest.MonkeyPatch, is_marked: bool
) -> None:
    monkeypatch.setattr(store, "find_spec", lambda name: object())
    monkeypatch.setattr(ExportProcess, "run", failing(1, until_written=True))
    folder = kept(source, WANTED)
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(b"half")
    if is_marked:
        (folder / "model.json").write_text(json.dumps({"taken": True, "why": "", "bytes": 1000}))
    exported = network_file(source, WANTED, "onnx")
    assert exported == folder / "model.onnx"
    assert exported.read_bytes() != b"half"
    assert network_file(source, WANTED, "auto") == exported


def test_shortages_are_told_apart() -> None:
    full = RuntimeError("it could not be saved")
    full.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    shortages = (MemoryError(), full, RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"))
    assert [is_shortage(one) for one in shortages] == [True] * 3
    assert not is_shortage(ValueError("no such operator"))
