"""How a server ends: work in flight is finished, and the exit status is 0."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import httpx
from inference_common.testing.hub import Repo, serve_hub

from scripts.images import library

from ..conftest import tiny_model
from ..servers import start_process

TEXTS = ["a text that is long enough to keep the model busy for a while " * 4] * 1000


def test_a_second_start_downloads_nothing(tmp_path: Path) -> None:
    known = library("sentence-transformers")
    task = known.tasks[0]
    with serve_hub({"org/tiny": Repo(tiny_model(known, task))}) as hub:
        seen = []
        for _ in range(2):
            server = start_process(known, task, "org/tiny", HF_HOME=str(tmp_path), HF_ENDPOINT=hub.url)
            server.client.close()
            assert server.stop() == 0
            seen.append(len(hub.downloads()))
    assert seen[0] > 0
    assert seen[1] == seen[0]


def test_sigterm_finishes_work_in_flight() -> None:
    known = library("sentence-transformers")
    task = "feature-extraction"
    server = start_process(known, task, str(tiny_model(known, task)))
    url = str(server.client.base_url)
    statuses: list[int] = []
    busy = threading.Thread(
        target=lambda: statuses.append(httpx.post(url, json={"inputs": TEXTS}, timeout=60).status_code)
    )
    busy.start()
    time.sleep(0.3)
    assert not statuses, "the request was answered before the signal; send more"
    server.client.close()
    assert server.stop() == 0
    busy.join()
    assert statuses == [200]
