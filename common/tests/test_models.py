"""A server of many models, over the toy library and a loopback Hub."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from inference_common import Settings, create_app, failures
from inference_common.service import Service
from inference_common.testing.hub import Hub, Repo, serve_hub
from starlette.testclient import TestClient
from toys.loopback import at_loopback
from toys.waiting import until

CARD = "---\npipeline_tag: feature-extraction\n{}---\n"
MIB = 1024 * 1024


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """org/a, org/b, org/c of 1 MiB each, and one of each odd kind."""
    repos = {}
    for name, front in {
        "a": "", "b": "", "c": "", "shy": "inference: false\n", "taskless": None, "unsafe": "", "broken": "",
    }.items():  # fmt: skip
        folder = tmp_path / "repos" / name
        folder.mkdir(parents=True)
        (folder / "README.md").write_text("" if front is None else CARD.format(front))
        (folder / "weights").write_bytes(bytes(MIB))
        repos[f"org/{name}"] = Repo(folder)
    (tmp_path / "repos" / "broken" / "broken").touch()
    with serve_hub(repos) as served:
        at_loopback(served, tmp_path / "cache", monkeypatch)
        yield served


@contextlib.contextmanager
def server(**settings: object) -> Iterator[TestClient]:
    app = create_app("toys.pipelines", Settings(**settings))  # type: ignore[arg-type]
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def ask(client: TestClient, name: str, inputs: str = "x") -> Any:
    return client.post(f"/models/{name}", json={"inputs": inputs})


def loaded(client: TestClient) -> list[str]:
    return [entry["id"] for entry in client.get("/v1/models").json()["data"]]


@pytest.mark.defect(12)
def test_any_model_is_answered_at_its_name_and_loaded_once(hub: Hub) -> None:
    with server() as client:
        assert client.get("/ready").status_code == 200
        for path in ("/models/org/a", "/models/org/a/pipeline/feature-extraction", "/pipeline/text-ranking/org/b"):
            inputs: object = "abc" if "org/a" in path else {"query": "abc", "texts": ["x", "ab"]}
            assert client.post(path, json={"inputs": inputs}).status_code == 200, path
        asked = {"model": "org/a", "input": "abc"}
        assert client.post("/v1/embeddings", json=asked).json()["data"][0]["embedding"] == [3, 1]
        ranked = client.post("/rerank", json={"model": "org/b", "query": "abc", "texts": ["x", "ab"]})
        assert [one["index"] for one in ranked.json()] == [1, 0]
        assert loaded(client) == ["org/a", "org/b"]
        info = client.get("/info").json()
        assert [(m["model"], m["state"]) for m in info["models"]] == [("org/a", "ready"), ("org/b", "ready")]
        assert "sentence-similarity" in info["tasks"]
    assert len([line for line in hub.downloads() if "/org/a/" in line and "weights" in line]) == 1


def test_callers_at_once_share_one_load(hub: Hub) -> None:
    statuses: list[int] = []
    with server() as client:

        def ask() -> None:
            statuses.append(client.post("/models/org/a", json={"inputs": "abc"}).status_code)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [200] * 8
    assert len([line for line in hub.downloads() if "weights" in line]) == 1


def test_the_model_asked_for_longest_ago_makes_room(hub: Hub) -> None:
    with server(max_memory_mib=3) as client:
        # Toys hold nothing, so files are what is counted: 1 MiB and a little each.
        for name in ("a", "b", "a", "c"):
            assert client.post(f"/models/org/{name}", json={"inputs": "x"}).status_code == 200
        assert loaded(client) == ["org/a", "org/c"]
        assert 'model_ready{model="org/b"}' not in client.get("/metrics").text
        assert client.post("/models/org/b", json={"inputs": "x"}).status_code == 200
        assert loaded(client) == ["org/c", "org/b"]


def test_a_model_in_use_is_waited_for(hub: Hub) -> None:
    with server(max_memory_mib=2) as client:
        answers: list[int] = []
        busy = threading.Thread(target=lambda: answers.append(ask(client, "org/a", "sleep 1").status_code))
        busy.start()
        service: Service = client.app.state.service  # type: ignore[attr-defined]
        until(lambda: any(model.state == "ready" for model in service.models.all()))
        assert ask(client, "org/b").status_code == 200
        assert answers == [200]
        busy.join()


def test_waiting_for_a_model_in_use_ends_and_is_not_remembered(hub: Hub) -> None:
    with server(max_memory_mib=2, load_wait=0.3) as client:
        until(lambda: ask(client, "org/a").status_code == 200)
        busy = threading.Thread(target=lambda: ask(client, "org/a", "sleep 1.5"))
        busy.start()
        service: Service = client.app.state.service  # type: ignore[attr-defined]
        until(lambda: any(model.state == "ready" for model in service.models.all()))
        refused = ask(client, "org/b")
        assert refused.status_code in (429, 503), refused.text
        assert int(refused.headers["retry-after"]) > 0
        busy.join()
        until(lambda: ask(client, "org/b").status_code == 200)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/", 404, "no model of its own"),
        ("/models/org/nothing", 404, "no model org/nothing"),
        ("/models/..%2F..%2Fetc", 400, "no Hub id"),
        ("/models//etc", 400, "no Hub id"),
        ("/models/org/shy", 403, "inference: false"),
        ("/models/org/taskless", 400, "ask at /pipeline/TASK/MODEL"),
        ("/pipeline/no-task/org/a", 404, "the tasks are: chat-completion"),
        ("/models/org/broken", 500, "cut short"),
    ],
)
def test_what_cannot_be_served_is_told_to_whoever_asks(hub: Hub, path: str, status: int, said: str) -> None:
    with server() as client:
        answer = client.post(path, json={"inputs": "x"})
        assert answer.status_code == status, answer.text
        assert said in answer.json()["error"]
        assert client.get("/ready").status_code == 200


def test_a_folder_of_the_server_is_never_a_model(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "org" / "hidden").mkdir(parents=True)
    (tmp_path / "org" / "hidden" / "README.md").write_text(CARD.format(""))
    monkeypatch.chdir(tmp_path)
    with server() as client:
        assert client.post("/models/org/hidden", json={"inputs": "x"}).status_code == 404


def test_a_model_too_large_for_all_memory_is_told_so(hub: Hub) -> None:
    with server(max_memory_mib=1) as client:
        answer = client.post("/models/org/a", json={"inputs": "x"})
        assert answer.status_code == 413
        assert "MAX_MEMORY_MIB" in answer.json()["error"]


def test_formats_that_run_code_need_trust(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSAFE_TOYS", "feature-extraction")
    with server() as client:
        refused = client.post("/models/org/unsafe", json={"inputs": "x"})
        assert refused.status_code == 403
        assert "TRUSTED_MODELS" in refused.json()["error"]
    with server(trusted_models="other/*, org/un*") as client:
        assert client.post("/models/org/unsafe", json={"inputs": "x"}).status_code == 200


def test_a_failed_load_is_told_from_memory_and_then_tried_anew(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "FORGET_SECONDS", 0.5)
    with server() as client:
        for _ in range(3):
            assert client.post("/models/org/nothing", json={"inputs": "x"}).status_code == 404
        asked = [line for line in hub.requests if "org/nothing" in line]
        assert len(asked) == 1
        assert loaded(client) == []
        time.sleep(0.6)
        client.post("/models/org/nothing", json={"inputs": "x"})
        assert len([line for line in hub.requests if "org/nothing" in line]) > len(asked)


def test_the_document_has_the_model_as_a_parameter(hub: Hub) -> None:
    from openapi_spec_validator import validate

    with server() as client:
        described = client.get("/openapi.json").json()
    validate(described)
    assert "/pipeline/feature-extraction/{model}" in described["paths"]
    assert "/" not in described["paths"]


def test_a_device_that_is_not_there_is_told(hub: Hub) -> None:
    with server(device="cuda") as client:
        answer = client.post("/models/org/a", json={"inputs": "x"})
    assert answer.status_code == 500
    assert "DEVICE is cuda" in answer.json()["error"]
