"""Which commit answers for a name, as branches move and the Hub comes and goes; in the test's own process."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from inference_common import Settings, create_app, lookups
from inference_common.errors import HubUnavailable
from inference_common.hub import HubSource
from inference_common.processes.remote import RemoteModel
from inference_common.testing.hub import Hub, Repo, serve_hub
from starlette.testclient import TestClient
from toys.loopback import at_loopback, toy
from toys.waiting import until


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """org/a with the branch v1 of other weights, a pull request, and an earlier commit of main."""
    commits = {name: toy(tmp_path / name, factor=factor) for name, factor in FACTORS.items()}
    revisions = {"v1": commits["v1"], "refs/pr/1": commits["pr"]}
    repo = Repo(commits["main"], revisions=revisions, past=(commits["past"],))
    with serve_hub({"org/a": repo}) as served:
        at_loopback(served, tmp_path / "cache", monkeypatch)
        yield served


FACTORS = {"main": 1, "v1": 2, "pr": 3, "past": 4}


@contextlib.contextmanager
def server(**settings: object) -> Iterator[TestClient]:
    app = create_app("toys.pipelines", Settings(**settings))  # type: ignore[arg-type]
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def ask(client: TestClient, name: str, **headers: str) -> Any:
    return client.post(f"/models/{name}", json={"inputs": "x"}, headers=headers)


def commit(hub: Hub, revision: str) -> str:
    repo = hub.repos["org/a"]
    found = Repo(repo.past[0]) if revision == "past" else repo.at(revision)
    assert found is not None
    return found.commit


def commits_loaded(client: TestClient) -> list[str]:
    return [one["revision"] for one in client.get("/info").json()["models"] if one["state"] == "ready"]


def test_names_of_one_commit_share_one_model(hub: Hub) -> None:
    with server() as client:
        for name in ("org/a", "org/a@main", f"org/a@{commit(hub, 'main')}"):
            assert ask(client, name).json() == [1, 1], name
        assert commits_loaded(client) == [commit(hub, "main")]
        assert ask(client, "org/a@v1").json() == [2, 2]
        assert ask(client, "org/a").json() == [1, 1]
        assert len(commits_loaded(client)) == 2
    assert len([line for line in hub.downloads() if "factor" in line]) == 2


def test_an_earlier_commit_of_the_default_branch_is_the_owners(hub: Hub) -> None:
    with server() as client:
        assert ask(client, f"org/a@{commit(hub, 'past')}").json() == [4, 4]


@pytest.mark.parametrize("by_hash", [False, True])
def test_a_pull_request_is_refused_unless_the_operator_allows_it(hub: Hub, by_hash: bool) -> None:
    name = f"org/a@{commit(hub, 'refs/pr/1') if by_hash else 'refs/pr/1'}"
    with server() as client:
        refused = ask(client, name)
        assert refused.status_code == 403
        assert "ALLOW_PULL_REQUESTS" in refused.json()["error"]
        assert ask(client, "org/a").json() == [1, 1]
    with server(allow_pull_requests=True) as client:
        assert ask(client, name).json() == [3, 3]
        assert ask(client, "org/a").json() == [1, 1]


@pytest.mark.parametrize(
    ("patterns", "trusted"),
    [
        ("org/*", {"org/a", "org/a@main", "org/a@v1", "org/a@{past}"}),
        ("org/a@v1", {"org/a@v1"}),
        ("org/*@main", {"org/a", "org/a@main"}),
        ("org/a@{past}", {"org/a@{past}"}),
        ("other/*, org/a@{pr}, org/a@refs/pr/*", set()),
    ],
)
def test_patterns_trust_what_the_owner_published(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, patterns: str, trusted: set[str]
) -> None:
    monkeypatch.setenv("UNSAFE_TOYS", "feature-extraction")
    hashes = {"past": commit(hub, "past"), "pr": commit(hub, "refs/pr/1")}
    names = {"org/a", "org/a@main", "org/a@v1", "org/a@{past}", "org/a@{pr}", "org/a@refs/pr/1"}
    with server(trusted_models=patterns.format(**hashes), allow_pull_requests=True) as client:
        # What runs already is answered by any name of its commit, so those that are refused come first.
        for name in sorted(names - trusted):
            answer = ask(client, name.format(**hashes))
            assert answer.status_code == 403, (name, answer.text)
        for name in sorted(trusted):
            assert ask(client, name.format(**hashes)).status_code == 200, name


def test_a_moved_branch_is_loaded_beside_the_commit_that_answers(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "FRESH_SECONDS", 0.2)
    new = toy(tmp_path / "new", factor=9)
    (new / "load_seconds").write_text("0.5")
    with server() as client:
        assert ask(client, "org/a").json() == [1, 1]
        hub.repos = {"org/a": Repo(new)}
        answers, took = [], list[float]()
        end = time.monotonic() + 10
        while [9, 9] not in answers and time.monotonic() < end:
            started = time.monotonic()
            answers.append(ask(client, "org/a").json())
            took.append(time.monotonic() - started)
            time.sleep(0.02)
        assert answers[-1] == [9, 9]
        assert answers.count([1, 1]) == len(answers) - 1 > 5
        assert max(took) < 0.4  # nobody waited for the load
        until(lambda: commits_loaded(client) == [hub.repos["org/a"].commit])
        assert 'model_ready{model="org/a"} 1' in client.get("/metrics").text


def test_a_new_commit_that_does_not_load_leaves_the_one_before(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "FRESH_SECONDS", 0.1)
    loads, load = list[str | None](), RemoteModel.load

    async def counted(model: RemoteModel) -> None:
        loads.append(model.source.revision)
        await load(model)

    monkeypatch.setattr(RemoteModel, "load", counted)
    with server() as client:
        assert ask(client, "org/a").json() == [1, 1]
        broken = toy(tmp_path / "new")
        (broken / "broken").touch()
        hub.repos = {"org/a": Repo(broken)}
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            assert ask(client, "org/a").json() == [1, 1]
            time.sleep(0.02)
    assert loads.count(Repo(broken).commit) == 1


def test_a_hub_that_is_away_does_not_stop_a_loaded_model(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "FRESH_SECONDS", 0.0)
    asked = threading.Event()
    with server() as client:
        assert ask(client, "org/a").json() == [1, 1]

        def away(source: HubSource) -> None:
            asked.set()
            time.sleep(0.3)
            raise HubUnavailable("The Hub did not answer")

        monkeypatch.setattr(HubSource, "resolve", away)
        for _ in range(20):
            assert ask(client, "org/a").json() == [1, 1]
            time.sleep(0.02)
        assert asked.is_set()


def test_a_revision_in_the_cache_is_served_though_the_hub_is_away_but_runs_no_code(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server() as client:
        assert ask(client, "org/a").json() == [1, 1]
        assert ask(client, "org/a@v1").json() == [2, 2]
    hub.refused["/api/models"] = (500, {})
    with server() as client:
        assert ask(client, "org/a@v1").json() == [2, 2]
        assert ask(client, f"org/a@{commit(hub, 'refs/pr/1')}").status_code == 503  # the Hub could not be asked
    monkeypatch.setenv("UNSAFE_TOYS", "feature-extraction")
    with server(trusted_models="org/*") as client:
        assert ask(client, "org/a").json() == [1, 1]
        refused = ask(client, "org/a@v1")
        assert refused.status_code == 503
        assert "can run code" in refused.json()["error"]


def test_whose_a_commit_is_must_be_known_before_it_is_fetched(hub: Hub) -> None:
    hub.refused["/refs"] = (500, {})
    with server() as client:
        assert ask(client, "org/a@v1").status_code == 503
        assert ask(client, f"org/a@{commit(hub, 'refs/pr/1')}").status_code == 503
        assert ask(client, "org/a").json() == [1, 1]
    assert not [line for line in hub.downloads() if commit(hub, "v1") in line and "factor" in line]


def test_a_model_that_is_gone_from_the_hub_answers_no_longer(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "FRESH_SECONDS", 0.0)
    with server() as client:
        assert ask(client, "org/a").json() == [1, 1]
        hub.repos = {}
        until(lambda: ask(client, "org/a").status_code == 404)


def test_a_failed_lookup_is_told_to_each_in_an_exception_of_its_own(hub: Hub) -> None:
    from inference_common.errors import NotFound
    from inference_common.failures import Failure

    failure = Failure.of(NotFound("no such model"))
    assert failure.error() is not failure.error()
    assert isinstance(failure.error(), NotFound)
    with server() as client:
        errors = {ask(client, "org/none").json()["error"] for _ in range(3)}
        assert len(errors) == 1
    assert len([line for line in hub.requests if "org/none" in line]) == 1


def test_past_a_number_of_loads_the_next_is_told_to_come_back(hub: Hub, tmp_path: Path) -> None:
    slow = toy(tmp_path / "slow")
    (slow / "load_seconds").write_text("1.5")
    hub.repos = {**hub.repos, "org/slow": Repo(slow)}
    with server(max_loading=1) as client:
        waiting = threading.Thread(target=lambda: ask(client, "org/slow"))
        waiting.start()
        until(lambda: client.get("/info").json()["models"] != [])
        refused = ask(client, "org/a")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
        assert "MAX_LOADING" in refused.json()["error"]
        waiting.join()
        assert ask(client, "org/a").status_code == 200
