"""OPTIMIZE=auto: a server answers at once, changes over while it answers, and keeps its own network where it cannot."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest
from inference_common.testing.hub import Repo, serve_hub

from scripts.images import library

from ..conftest import tiny_model
from ..servers import EXPORT_SECONDS, Server, optimization, start_process, wait_for_optimization

KNOWN = library("sentence-transformers")
TASK = "feature-extraction"
TEXTS = ["a happy person", "œuvre 日本", "the dog ran in the park. " * 20, "x"]
CALLERS, PAUSE_SECONDS = 8, 0.05  # which leave the export some time on a small machine
CLOSE = 1e-4
pytestmark = pytest.mark.timeout(600)


@contextlib.contextmanager
def serving(home: Path, *, optimize: str = "auto", model: str | None = None, **settings: str) -> Iterator[Server]:
    folder = str(tiny_model(KNOWN, TASK)) if model is None else model
    server = start_process(KNOWN, TASK, folder, HF_HOME=str(home), OPTIMIZE=optimize, **settings)
    try:
        yield server
    finally:
        server.client.close()
        assert server.process is not None
        if server.process.poll() is None:
            assert server.stop() == 0


def exporting(server: Server) -> psutil.Process:
    """The process that exports."""
    assert server.process is not None
    end = time.monotonic() + EXPORT_SECONDS
    while time.monotonic() < end:
        for child in psutil.Process(server.process.pid).children():
            return child
        time.sleep(0.02)
    raise AssertionError("nothing is exported")


def ask(client: httpx.Client, text: str) -> tuple[int, list[float], str]:
    answer = client.post("/", json={"inputs": text})
    return answer.status_code, answer.json(), answer.headers["x-compute-type"]


def test_no_request_fails_and_no_number_changes_across_the_change_over(tmp_path: Path) -> None:
    ended = threading.Event()
    answers: list[tuple[str, tuple[int, list[float], str]]] = []
    with serving(tmp_path) as server:
        first = [ask(server.client, text) for text in TEXTS]
        assert {how for *_, how in first} == {"cpu"}
        assert optimization(server)[0] in {"pending", "exporting"}
        url = server.client.base_url

        def call(number: int) -> None:
            with httpx.Client(base_url=url, timeout=60) as client:
                while not ended.is_set():
                    text = TEXTS[(number + len(answers)) % len(TEXTS)]
                    answers.append((text, ask(client, text)))
                    time.sleep(PAUSE_SECONDS)

        callers = [threading.Thread(target=call, args=(number,)) for number in range(CALLERS)]
        for caller in callers:
            caller.start()
        try:
            wait_for_optimization(server)
            time.sleep(1)
        finally:
            ended.set()
            for caller in callers:
                caller.join()
        assert server.client.get("/info").json()["form"] == "onnx"
        state = 'model_optimization="verified"} 1.0'
        assert any(line.endswith(state) for line in server.client.get("/metrics").text.splitlines())
    expected = {text: vector for text, (_, vector, _) in zip(TEXTS, first, strict=True)}
    assert {status for _, (status, *_) in answers} == {200}
    assert {how for _, (*_, how) in answers} == {"cpu", "cpu+optimized"}
    for text, (_, vector, _) in answers:
        np.testing.assert_allclose(vector, expected[text], rtol=0, atol=CLOSE)
    with serving(tmp_path) as server:
        assert ask(server.client, TEXTS[0])[2] == "cpu+optimized"
        assert optimization(server) == ("verified", "")


def test_where_nothing_can_be_kept_the_library_s_own_network_serves(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("no folder")
    with serving(home) as server:
        assert "nothing can be kept in" in wait_for_optimization(server, "skipped")
        assert ask(server.client, "a")[2] == "cpu"


def test_none_exports_nothing(tmp_path: Path) -> None:
    with serving(tmp_path, optimize="none") as server:
        assert optimization(server) == ("none", "OPTIMIZE is none")
        assert server.process is not None
        assert psutil.Process(server.process.pid).children() == []


def test_an_export_that_is_killed_changes_nothing_and_is_tried_at_the_next_start(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        exporting(server).kill()
        assert wait_for_optimization(server, "failed") == "its process was ended by signal 9"
        assert ask(server.client, "a")[2] == "cpu"
    assert not list(tmp_path.rglob("*.json"))
    with serving(tmp_path) as server:
        exporting(server)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_ends_takes_its_export_with_it(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path) as server:
        child = exporting(server)
        while b"torch" not in Path(f"/proc/{child.pid}/maps").read_bytes():
            time.sleep(0.1)
        assert server.process is not None
        assert child.nice() > psutil.Process(server.process.pid).nice()
        server.process.send_signal(number)
        assert server.process.wait(30) == (0 if number == signal.SIGTERM else -number)
        end = time.monotonic() + 10
        while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < end
            time.sleep(0.05)
    assert not list(tmp_path.rglob("*.json"))


def test_of_a_library_s_models_those_that_stay_in_use_are_exported(tmp_path: Path) -> None:
    repos = {name: Repo(tiny_model(KNOWN, TASK)) for name in ("org/rare", "org/popular")}
    with serve_hub(repos) as hub, serving(tmp_path, model="", HF_ENDPOINT=hub.url) as server:
        server.client.post("/models/org/rare", json={"inputs": "a"})
        end = time.monotonic() + EXPORT_SECONDS
        how = "cpu"
        while how == "cpu" and time.monotonic() < end:
            answer = server.client.post("/models/org/popular", json={"inputs": "a"})
            assert answer.status_code == 200, answer.text
            how = answer.headers["x-compute-type"]
            time.sleep(0.5)
        assert how == "cpu+optimized"
        states = {one["model"]: one["optimization"]["state"] for one in server.client.get("/info").json()["models"]}
    assert states == {"org/rare": "pending", "org/popular": "verified"}
