"""Callers who name revisions, tasks and models that are not theirs, or do not exist, on a server of any model."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest
from huggingface_hub import snapshot_download
from inference_common.testing.hub import Hub, Repo, serve_hub
from toys.loopback import beside, toy
from toys.started import MIB, Start
from toys.waiting import until

BODY_BYTES = 30 * MIB


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """org/a with a pull request of other weights, org/broken, and org/hidden, which only tokens open."""
    repos = tmp_path / "repos"
    pull_request = toy(repos / "pr", factor=666)
    broken = toy(repos / "broken")
    (broken / "broken").write_text("")
    hidden = Repo(toy(repos / "hidden", factor=5), token="hf_server", readers=("hf_reader",), private=True)
    gated = Repo(toy(repos / "gated", factor=6), token="hf_server", readers=("hf_reader",))
    with serve_hub(
        {
            "org/a": Repo(toy(repos / "a", factor=1), revisions={"refs/pr/7": pull_request}),
            "org/broken": Repo(broken),
            "org/hidden": hidden,
            "org/gated": gated,
        }
    ) as served:
        yield served


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60) as one:
        yield one


def ask(client: httpx.Client, url: str, **headers: str) -> httpx.Response:
    return client.post(url, json={"inputs": "x"}, headers=headers)


def test_a_pull_request_neither_answers_for_a_model_nor_runs_its_code(
    start: Start, hub: Hub, tmp_path: Path, client: httpx.Client
) -> None:
    allowed = {"ALLOW_PULL_REQUESTS": "true", "TRUSTED_MODELS": "org/*"}
    server = start(None, UNSAFE_TOYS="feature-extraction", **allowed, **beside(hub, tmp_path))
    models = f"{server.url()}/models/org"
    repo = hub.repos["org/a"].at("refs/pr/7")
    assert repo is not None
    for revision in ("refs/pr/7", repo.commit):
        refused = ask(client, f"{models}/a@{revision}")
        assert refused.status_code == 403
        assert "TRUSTED_MODELS" in refused.json()["error"]
        assert ask(client, f"{models}/a").json() == [1, 1]
    assert server.end() == 0

    server = start(None, TRUSTED_MODELS="org/*", **beside(hub, tmp_path))
    models = f"{server.url()}/models/org"
    for revision in ("refs/pr/7", repo.commit, "refs%2Fpr%2F7"):
        refused = ask(client, f"{models}/a@{revision}")
        assert refused.status_code == 403
        assert "ALLOW_PULL_REQUESTS" in refused.json()["error"]
        assert ask(client, f"{models}/a").json() == [1, 1]
    assert server.end() == 0


def test_wrong_revisions_and_tasks_cost_only_those_who_ask_for_them(
    start: Start, hub: Hub, tmp_path: Path, client: httpx.Client
) -> None:
    server = start(None, **beside(hub, tmp_path))
    url = server.url()
    # Another task of the same repository first: it must not become the plain one.
    ranked = client.post(f"{url}/pipeline/sentence-similarity/org/a", json={"inputs": SIMILAR})
    assert ranked.status_code == 200, ranked.text
    bad = [f"{url}/models/org/a@made-up-{number}" for number in range(50)]
    bad += [f"{url}/models/org/broken", f"{url}/pipeline/translation/org/a", f"{url}/models/..%2Fa"] * 5
    with ThreadPoolExecutor(8) as callers:
        asked = [(callers.submit(ask, client, one), callers.submit(ask, client, f"{url}/models/org/a")) for one in bad]
        for wrong, plain in asked:
            assert wrong.result().status_code in (400, 404, 500), wrong.result().text
            assert (plain.result().status_code, plain.result().json()) == (200, [1, 1])
    assert "made-up" not in client.get(f"{url}/metrics").text
    assert {one["model"] for one in client.get(f"{url}/info").json()["models"]} == {"org/a"}
    assert server.end() == 0


SIMILAR = {"source_sentence": "a", "sentences": ["b"]}


def test_names_that_do_not_exist_take_no_threads_and_no_memory(
    start: Start, hub: Hub, tmp_path: Path, client: httpx.Client
) -> None:
    server = start(None, memory_mib=512, **beside(hub, tmp_path))
    url = server.url()
    assert ask(client, f"{url}/models/org/a").status_code == 200
    process = psutil.Process(server.process.pid)
    threads, series = process.num_threads(), len(client.get(f"{url}/metrics").text.splitlines())
    for _ in range(2):  # once to warm up
        before = server.resident()
        with ThreadPoolExecutor(16) as callers:
            names = [f"{url}/models/nobody/{before}-{number}" for number in range(250)]
            statuses = [answer.status_code for answer in callers.map(lambda name: ask(client, name), names)]
            assert set(statuses) == {404}
            assert process.num_threads() <= threads + 16
    assert server.resident() < before + 10 * MIB
    assert len(client.get(f"{url}/metrics").text.splitlines()) < series + 30
    assert ask(client, f"{url}/models/org/a").json() == [1, 1]
    assert server.end() == 0


def test_bodies_for_a_model_that_failed_are_neither_read_nor_kept(
    start: Start, hub: Hub, tmp_path: Path, client: httpx.Client
) -> None:
    server = start(None, memory_mib=768, **beside(hub, tmp_path))
    url = server.url()
    answers = [ask(client, f"{url}/models/org/{name}") for name in ("broken", "none", "a")]
    assert [answer.status_code for answer in answers] == [500, 404, 200]
    before = server.resident()
    body = b'{"inputs": "' + b"x" * BODY_BYTES + b'"}'
    for number in range(30):
        name = ("broken", "none")[number % 2]
        answer = client.post(f"{url}/models/org/{name}", content=body)
        assert (answer.status_code, answer.json()) == (answers[number % 2].status_code, answers[number % 2].json())
    assert server.resident() < before + BODY_BYTES
    assert ask(client, f"{url}/models/org/a").json() == [1, 1]
    assert server.end() == 0


def test_private_models_are_for_those_whose_own_token_opens_them(
    start: Start, hub: Hub, tmp_path: Path, client: httpx.Client
) -> None:
    server = start(None, HF_TOKEN="hf_server", **beside(hub, tmp_path))
    url = server.url()
    reader = {"authorization": "Bearer hf_reader"}
    for name in ("hidden", "gated"):
        assert ask(client, f"{url}/models/org/{name}", **reader).status_code == 200
        for headers in ({}, {"authorization": "Bearer hf_stranger"}, {"authorization": "Bearer hf_"}):
            for asked in (name, f"{name}@made-up", f"{name}@main"):
                refused = ask(client, f"{url}/models/org/{asked}", **headers)
                missing = ask(client, f"{url}/models/org/{'x' * len(name)}{asked[len(name) :]}", **headers)
                assert refused.status_code == missing.status_code == 404
                assert refused.json()["error"].replace(name, "x" * len(name)) == missing.json()["error"]
    assert client.get(f"{url}/info").json()["models"] == client.get(f"{url}/v1/models").json()["data"] == []
    assert len(client.get(f"{url}/info", headers=reader).json()["models"]) == 2
    metrics = client.get(f"{url}/metrics").text
    assert 'model_ready{model="private"} 1' in metrics
    assert "hidden" not in metrics
    embeddings = {"model": "org/hidden", "input": "x"}
    assert client.post(f"{url}/v1/embeddings", json=embeddings).status_code == 404
    assert client.post(f"{url}/v1/embeddings", json=embeddings, headers=reader).status_code == 200
    assert server.end() == 0
    log = "".join(server.lines)
    assert "API_KEY" in log
    assert not any(token in log for token in ("hf_server", "hf_reader", "hf_stranger"))


def test_with_an_api_key_its_holders_use_all_that_the_servers_token_opens(
    start: Start, hub: Hub, tmp_path: Path, client: httpx.Client
) -> None:
    server = start(None, HF_TOKEN="hf_server", API_KEY="secret", **beside(hub, tmp_path))
    url = server.url()
    for path in ("/", "/health", "/ready", "/metrics", "/openapi.json", "/docs"):
        assert client.get(f"{url}{path}").status_code == 200, path
    for headers in ({}, {"authorization": "Bearer hf_reader"}, {"authorization": "Basic secret"}):
        for path in ("/models/org/a", "/v1/embeddings", "/", "/models/org/none"):
            refused = ask(client, f"{url}{path}", **headers)
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert client.get(f"{url}/info", headers=headers).status_code == 401
    assert ask(client, f"{url}/models/org/hidden", authorization="Bearer secret").json() == [5, 5]
    assert server.end() == 0


def test_an_operator_may_share_private_models(start: Start, hub: Hub, tmp_path: Path, client: httpx.Client) -> None:
    server = start(None, HF_TOKEN="hf_server", SHARED_MODELS="org/hid*", **beside(hub, tmp_path))
    assert ask(client, f"{server.url()}/models/org/hidden").json() == [5, 5]
    assert ask(client, f"{server.url()}/models/org/gated").status_code == 404
    assert server.end() == 0


def test_offline_with_a_token_what_another_tool_fetched_is_not_told_from_what_is_not_there(
    start: Start, hub: Hub, tmp_path: Path, client: httpx.Client
) -> None:
    offline = {**beside(hub, tmp_path), "HF_HUB_OFFLINE": "1", "HF_TOKEN": "hf_server"}
    snapshot_download("org/a", endpoint=hub.url, cache_dir=tmp_path / "hf" / "hub")
    server = start(None, **offline)
    cached, absent = (ask(client, f"{server.url()}/models/org/{name}") for name in ("a", "b"))
    assert cached.status_code == absent.status_code == 404
    assert cached.json()["error"] == absent.json()["error"].replace("org/b", "org/a")
    assert "SHARED_MODELS=org/a" in cached.json()["error"]
    assert "API_KEY" in cached.json()["error"]
    until(lambda: any("counts as private" in line and "org/a" in line for line in server.lines))
    assert server.end() == 0
    shared = start(None, **offline, SHARED_MODELS="org/a")
    assert ask(client, f"{shared.url()}/models/org/a").json() == [1, 1]
    keyed = start(None, **offline, API_KEY="key")
    assert ask(client, f"{keyed.url()}/models/org/a", authorization="Bearer key").json() == [1, 1]
    uncached = ask(client, f"{keyed.url()}/models/org/b", authorization="Bearer key")
    assert uncached.status_code == 503
    assert "HF_HUB_OFFLINE" in uncached.json()["error"]
