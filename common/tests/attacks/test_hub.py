"""A Hub that hangs, is busy or lists what does not fit, and a server of any model that asks it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from inference_common.testing.hub import Hub, Repo, serve_hub
from inference_common.testing.slow import HANGS
from toys.loopback import beside, toy
from toys.started import MIB, Start


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    repos = tmp_path / "repos"
    about = toy(repos / "about")
    (about / "weights").unlink()
    incomplete = toy(repos / "incomplete")
    (incomplete / "incomplete").touch()
    with serve_hub(
        {
            "org/a": Repo(toy(repos / "a")),
            "org/b": Repo(toy(repos / "b")),
            "org/slow": Repo(toy(repos / "slow")),
            "org/about": Repo(about),
            "org/incomplete": Repo(incomplete),
            "org/shy": Repo(toy(repos / "shy", front="inference: false\n")),
            "org/unsafe": Repo(toy(repos / "unsafe", task="text-generation")),
            "org/unknown": Repo(toy(repos / "unknown", task="no-such-task")),
            "org/for-memory": Repo(toy(repos / "for-memory"), sizes={"weights": 65 * MIB}),
            "org/for-disk": Repo(toy(repos / "for-disk"), sizes={"weights": 33 * MIB}),
            "org/for-any-disk": Repo(toy(repos / "for-any-disk"), sizes={"weights": 2**60}),
        }
    ) as served:
        yield served


def ask(url: str, name: str, timeout: float = 60) -> httpx.Response:
    return httpx.post(f"{url}/models/{name}", json={"inputs": "abc"}, timeout=timeout)


def test_no_weights_are_fetched_of_a_model_that_is_refused(start: Start, hub: Hub, tmp_path: Path) -> None:
    server = start(None, UNSAFE_TOYS="text-generation", MAX_MEMORY_MIB="64", MAX_DISK_MIB="32", **beside(hub, tmp_path))
    url = server.url()
    for name, status, said in (
        ("org/shy", 403, "inference: false"),
        ("org/unsafe", 403, "TRUSTED_MODELS"),
        ("org/unknown", 404, "no-such-task"),
        ("org/about", 400, "no files that a model could be loaded from"),
        ("org/for-memory", 413, "MAX_MEMORY_MIB"),
        ("org/for-disk", 413, "MAX_DISK_MIB"),
        ("org/for-any-disk", 413, "set MAX_"),
        ("org/na--me", 400, "org/name"),
    ):
        answer = ask(url, name)
        assert (answer.status_code, said in answer.json()["error"]) == (status, True), answer.text
    assert not [line for line in hub.requests if "weights" in line]
    assert ask(url, "org/a").status_code == 200
    assert server.end() == 0


def test_a_hub_that_hangs_holds_no_model_that_is_in_the_cache(start: Start, hub: Hub, tmp_path: Path) -> None:
    server = start(None, **beside(hub, tmp_path))
    assert ask(server.url(), "org/a").status_code == 200
    assert server.end() == 0
    hub.slow["/"] = HANGS
    server = start(None, **beside(hub, tmp_path))
    url = server.url()
    with ThreadPoolExecutor(2) as callers:
        cached, other = callers.submit(ask, url, "org/a"), callers.submit(ask, url, "org/b")
        assert httpx.get(f"{url}/health", timeout=5).status_code == 200
        assert cached.result(30).json() == ask(url, "org/a").json()
        assert other.result(30).status_code == 503
        assert "did not answer within 10 seconds" in other.result().json()["error"]
    assert server.end() == 0


@pytest.mark.parametrize("seconds", [HANGS, 0.2])
def test_a_download_that_hangs_holds_no_other(start: Start, hub: Hub, tmp_path: Path, seconds: float) -> None:
    hub.slow[f"/org/slow/resolve/{hub.repos['org/slow'].commit}/weights"] = seconds
    server = start(None, LOAD_WAIT="2", **beside(hub, tmp_path))
    url = server.url()
    while ask(url, "org/b").status_code != 200:  # until the library is imported
        pass
    with ThreadPoolExecutor(1) as callers:
        slow = callers.submit(ask, url, "org/slow")
        time.sleep(0.3)
        for name in ("org/a", "org/b"):
            assert ask(url, name, timeout=10).status_code == 200
        assert slow.result(30).status_code == 503
    assert server.end() == 0


def test_a_hub_that_is_busy_is_told_with_when_to_come_back(start: Start, hub: Hub, tmp_path: Path) -> None:
    hub.refused["/api/models/org/b"] = (429, {"retry-after": "7"})
    server = start(None, **beside(hub, tmp_path))
    answer = ask(server.url(), "org/b")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert "too many requests" in answer.json()["error"]
    assert server.end() == 0


def test_many_models_never_fill_the_disk(start: Start, hub: Hub, tmp_path: Path) -> None:
    for number in range(8):
        folder = toy(tmp_path / "many" / str(number))
        (folder / "weights").write_bytes(bytes([number]) * MIB)
        hub.repos = {**hub.repos, f"many/{number}": Repo(folder)}
    limits = {"MAX_DISK_MIB": "4", "MAX_MEMORY_MIB": "64"}
    server = start(None, **limits, **beside(hub, tmp_path))
    url = server.url()
    answers = [ask(url, f"many/{number}") for number in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 5
    assert "MAX_DISK_MIB" in answers[-1].json()["error"]
    assert ask(url, "many/0").status_code == 200
    assert server.end() == 0
    cache = tmp_path / "hf" / "hub"
    for record in cache.glob("models--many--*/served/*.json"):
        os.utime(record, (0, 0))
    server = start(None, **limits, **beside(hub, tmp_path))
    assert [ask(server.url(), f"many/{number}").status_code for number in (6, 7)] == [200, 200]
    assert sum(file.stat().st_size for file in cache.glob("models--many--*/blobs/*")) <= 4 * MIB
    assert server.end() == 0


def test_a_load_that_fails_tells_no_path_of_the_server(start: Start, hub: Hub, tmp_path: Path) -> None:
    server = start(None, **beside(hub, tmp_path))
    url = server.url()
    answer = ask(url, "org/incomplete")
    assert answer.status_code == 500
    assert "FileNotFoundError: [Errno 2] No such file or directory: 'missing'" in answer.json()["error"]
    for text in (answer.text, httpx.get(f"{url}/info", timeout=5).text, httpx.get(f"{url}/metrics", timeout=5).text):
        assert str(tmp_path) not in text
        assert "snapshots" not in text
    assert server.end() == 0
    assert str(tmp_path) in "".join(server.lines)  # the operator's log has it
