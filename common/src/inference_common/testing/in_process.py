"""A server in this process, over the pipelines of the current folder: for many models, one after the other."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from ..app import create_app
from ..settings import Settings
from ..source import FolderSource
from ..task import Payload

LOAD_SECONDS = 100
PIPELINES = "app.pipelines"


@contextmanager
def served(task: str, folder: Path, **settings: object) -> Iterator[tuple[TestClient, str]]:
    """A client of the server of a model, once that is loaded or has failed; and why it has failed, empty where it is
    ready. The library's own network answers, on a CPU, but for other `settings`."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    chosen = Settings(**{"optimize": "none", "device": "cpu", **settings, "task": task})  # type: ignore[arg-type]
    with TestClient(create_app(PIPELINES, chosen, FolderSource(folder)), raise_server_exceptions=False) as client:
        end = time.monotonic() + LOAD_SECONDS
        while (ready := client.get("/ready")).json()["status"] == "loading":
            if time.monotonic() > end:
                raise TimeoutError(f"{folder} has not loaded in {LOAD_SECONDS} s")
            time.sleep(0.02)
        yield client, "" if ready.status_code == 200 else ready.json()["error"]


def post(client: TestClient, payloads: Sequence[Payload]) -> list[Any]:
    """The answers (httpx.Response, of whichever release) to payloads, in order."""
    return [
        client.post(
            "/",
            content=payload.body,
            headers={} if payload.content_type is None else {"content-type": payload.content_type},
            params=dict(payload.query),
        )
        for payload in payloads
    ]
