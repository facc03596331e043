"""Threads that cannot be had, calls that end the thread they run in, and calls that never end."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from toys.calls import ready, told
from toys.pipelines.feature_extraction import RAISED
from toys.started import APP, Start
from toys.waiting import until

NO_MORE_THREADS = """
import threading
from toys.pipelines.feature_extraction import ToyFeatures
ToyFeatures.lanes = 2
start, started = threading.Thread.start, []
def refuse(thread):
    if thread.name == 'model':
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
    start(thread)
threading.Thread.start = refuse
"""


def test_a_helping_thread_that_cannot_start_leaves_nobody_unanswered(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), app=NO_MORE_THREADS + APP)
    url = server.url()
    ready(url)
    for _ in range(3):
        answer = httpx.post(url, json={"inputs": ["sleep 0.001"] * 100}, timeout=20)
        assert len(answer.json()) == 100
    assert "one thread less" in "".join(server.lines)
    assert httpx.get(f"{url}/ready").status_code == 200


@pytest.mark.parametrize("kind", RAISED)
def test_whatever_a_pipeline_raises_ends_its_own_call_only(start: Start, model_folder: Path, kind: str) -> None:
    server = start(str(model_folder))
    url = server.url()
    ready(url)
    for inputs in (kind, ["a", kind, "b"]):
        answer = httpx.post(url, json={"inputs": inputs}, timeout=10)
        assert answer.status_code == 424
        assert kind in answer.json()["error"]
        assert httpx.post(url, json={"inputs": "next"}, timeout=10).json() == [4.0, 1.0]
    assert httpx.get(f"{url}/health").status_code == 200


def test_a_call_that_cannot_be_ended_is_told(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), TIMEOUT="0.4")
    url = server.url()
    ready(url)
    assert httpx.post(url, json={"inputs": "sleep 4"}, timeout=10).status_code == 504
    assert httpx.get(f"{url}/ready").status_code == 200  # it may still end
    until(lambda: httpx.get(f"{url}/ready").status_code == 503)
    assert "has been at one call for" in httpx.get(f"{url}/ready").json()["error"]
    assert told(url, "model_call_seconds") > 0.8
    until(lambda: httpx.get(f"{url}/health").status_code == 503)
    assert httpx.get(f"{url}/health").json()["status"] == "hanging"
    until(lambda: httpx.get(f"{url}/health").status_code == httpx.get(f"{url}/ready").status_code == 200)
    assert httpx.post(url, json={"inputs": "next"}, timeout=10).status_code == 200
