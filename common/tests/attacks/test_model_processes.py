"""Models that harm the process that they are in: it alone, on a server of any model."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from inference_common.testing.hub import Hub, Repo, serve_hub
from toys.loopback import beside, toy
from toys.started import Start, Started, memory_group
from toys.waiting import until

HARMS = ("exit", "crash", "take", "wait")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """org/a and org/b, and org/HARM that does such as it loads."""
    repos = {name: toy(tmp_path / "repos" / name) for name in ("a", "b", *HARMS)}
    for harm in HARMS:
        (repos[harm] / "loads").write_text(harm)
    with serve_hub({f"org/{name}": Repo(folder) for name, folder in repos.items()}) as served:
        yield served


@contextlib.contextmanager
def others_are_served(url: str) -> Iterator[None]:
    """Meanwhile, and after it, org/a answers every call."""
    statuses, is_over = list[int](), threading.Event()

    def calls() -> None:
        with httpx.Client(timeout=60) as client:
            while not is_over.is_set():
                statuses.append(client.post(f"{url}/models/org/a", json={"inputs": "x"}).status_code)
                time.sleep(0.02)

    assert ask(url, "a").status_code == 200
    thread = threading.Thread(target=calls)
    thread.start()
    try:
        yield
        before = len(statuses)
        until(lambda: len(statuses) > before)
    finally:
        is_over.set()
        thread.join()
    assert set(statuses) == {200}


def ask(url: str, name: str, inputs: str = "x", timeout: float = 60) -> httpx.Response:
    return httpx.post(f"{url}/models/org/{name}", json={"inputs": inputs}, timeout=timeout)


def reason(answer: httpx.Response) -> str:
    told: str = answer.json()["error"]
    return told


def children(server: Started) -> list[psutil.Process]:
    return psutil.Process(server.process.pid).children(recursive=True)


def models(url: str) -> list[Any]:
    found: list[Any] = httpx.get(f"{url}/info", timeout=60).json()["models"]
    return found


def test_a_model_that_loads_for_ever_is_ended(start: Start, hub: Hub, tmp_path: Path) -> None:
    server = start(None, LOAD_TIMEOUT="1", **beside(hub, tmp_path))
    url = server.url()
    with others_are_served(url):
        before = len(children(server))
        answer = ask(url, "wait")
        assert answer.status_code == 500
        assert "LOAD_TIMEOUT" in reason(answer)
        assert reason(ask(url, "wait")) == reason(answer)
        until(lambda: len(children(server)) == before)
    assert server.end() == 0


def test_a_model_that_takes_memory_without_end_is_ended(start: Start, hub: Hub, tmp_path: Path) -> None:
    server = start(None, memory_mib=1024, MAX_MEMORY_MIB="300", **beside(hub, tmp_path))
    url = server.url()
    with others_are_served(url):
        before = server.resident()
        answer = ask(url, "take")
        assert answer.status_code == 413
        assert "MAX_MEMORY_MIB" in reason(answer)
        until(lambda: server.resident() < before + 50 * 2**20)
    assert server.end() == 0


def test_the_system_ends_the_model_not_the_server(start: Start, hub: Hub, tmp_path: Path) -> None:
    with memory_group(2**20) as group:
        if group is None:
            pytest.skip("control groups cannot be made here: run the tests as root on Linux")
    server = start(None, memory_mib=512, MAX_MEMORY_MIB="100000", **beside(hub, tmp_path))
    url = server.url()
    with others_are_served(url):
        answer = ask(url, "take")
        assert answer.status_code == 500
        assert "SIGKILL" in reason(answer)
    assert server.end() == 0


@pytest.mark.parametrize(("harm", "told"), [("exit", "exit status 7"), ("crash", "SIGSEGV")])
def test_a_model_that_ends_its_process_as_it_loads_is_told_of(
    start: Start, hub: Hub, tmp_path: Path, harm: str, told: str
) -> None:
    server = start(None, **beside(hub, tmp_path))
    url = server.url()
    with others_are_served(url):
        answer = ask(url, harm)
        assert (answer.status_code, told in reason(answer)) == (500, True), answer.text
        assert reason(ask(url, harm)) == reason(answer)
    assert server.end() == 0


@pytest.mark.parametrize(("harm", "told"), [("exit", "exit status 7"), ("crash", "SIGSEGV")])
def test_a_call_that_ends_a_process_costs_that_model_only(
    start: Start, hub: Hub, tmp_path: Path, harm: str, told: str
) -> None:
    server = start(None, **beside(hub, tmp_path))
    url = server.url()
    with others_are_served(url):
        assert ask(url, "b").status_code == 200
        counted = httpx.get(f"{url}/metrics", timeout=60).text
        answer = ask(url, "b", harm)
        assert (answer.status_code, told in reason(answer)) == (500, True), answer.text
        assert ask(url, "b").status_code == 200
        assert calls_counted(httpx.get(f"{url}/metrics", timeout=60).text) >= calls_counted(counted)
        ask(url, "b", harm)
        again = ask(url, "b")  # it ended twice: not loaded anew for each caller
        assert (again.status_code, told in reason(again)) == (500, True), again.text
    assert server.end() == 0


def calls_counted(metrics: str) -> float:
    (line,) = [line for line in metrics.splitlines() if line.startswith("inference_seconds_count")]
    return float(line.split()[1])


def test_a_model_that_hangs_makes_room_for_another(start: Start, hub: Hub, tmp_path: Path) -> None:
    server = start(None, MAX_MEMORY_MIB="1", TIMEOUT="1", **beside(hub, tmp_path))
    (tmp_path / "repos" / "a" / "weights").write_bytes(bytes(600 * 1024))
    (tmp_path / "repos" / "b" / "weights").write_bytes(bytes(600 * 1024))
    url = server.url()
    assert ask(url, "a").status_code == 200
    with pytest.raises(httpx.TimeoutException):
        ask(url, "a", "hang", timeout=1)
    assert ask(url, "b").status_code == 200
    assert [one["model"] for one in models(url)] == ["org/b"]
    assert server.end() == 0


@pytest.mark.parametrize("harm", ["hang", "wait"])
def test_a_model_that_hangs_is_ended_and_loaded_anew(start: Start, hub: Hub, tmp_path: Path, harm: str) -> None:
    server = start(None, TIMEOUT="0.5", **beside(hub, tmp_path))
    url = server.url()
    with others_are_served(url):
        assert ask(url, "b", harm).status_code == 504
        until(lambda: ask(url, "b").status_code == 200)
    assert server.end() == 0


def test_sigterm_finishes_work_in_flight_and_leaves_no_process(start: Start, hub: Hub, tmp_path: Path) -> None:
    server = start(None, **beside(hub, tmp_path))
    url, answers = server.url(), list[int]()
    assert ask(url, "a").status_code == 200
    assert ask(url, "b").status_code == 200
    started = children(server)
    busy = threading.Thread(target=lambda: answers.append(ask(url, "a", "sleep 2").status_code))
    busy.start()
    time.sleep(0.5)
    assert server.end(signal.SIGTERM) == 0
    busy.join()
    assert answers == [200]
    assert not [one for one in started if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def test_a_server_that_is_killed_leaves_no_process(start: Start, hub: Hub, tmp_path: Path) -> None:
    server = start(None, **beside(hub, tmp_path))
    url = server.url()
    assert ask(url, "a").status_code == 200
    with pytest.raises(httpx.TimeoutException):
        ask(url, "a", "hang", timeout=1)
    started = children(server)
    assert len(started) == 2  # the fork server, and the model's
    server.end(signal.SIGKILL)
    until(lambda: not [one for one in started if one.is_running() and one.status() != psutil.STATUS_ZOMBIE])
