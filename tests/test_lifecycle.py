"""How a server ends: work in flight is finished, and the exit status is 0."""

from __future__ import annotations

import threading
import time

import httpx

from scripts.images import libraries

from .conftest import tiny_model
from .servers import start_process

TEXTS = ["a text that is long enough to keep the model busy for a while " * 4] * 1000


def test_sigterm_finishes_work_in_flight() -> None:
    known = libraries()[0]
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
