"""A folder model, and a client of the real app over the toy library."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from inference_common import Settings, create_app
from inference_common.source import FolderSource
from starlette.testclient import TestClient
from toys.started import Start, Started
from toys.waiting import until

Connect = Callable[..., TestClient]


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "README.md").write_text("---\nlibrary_name: toys\npipeline_tag: feature-extraction\n---\n")
    return folder


@pytest.fixture
def connect(model_folder: Path) -> Iterator[Connect]:
    """Makes a client of a started app, by default one that is ready; keywords are settings."""
    with contextlib.ExitStack() as stack:

        def make(*, wait: bool = True, **settings: object) -> TestClient:
            app = create_app("toys.pipelines", Settings(**settings), FolderSource(model_folder))  # type: ignore[arg-type]
            client = stack.enter_context(TestClient(app, raise_server_exceptions=False))
            if wait:
                until(lambda: client.get("/ready").json().get("status") != "loading")
            return client

        yield make


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Starts servers, and kills those that a failed test left."""
    started: list[Started] = []

    def one(model: str | None = None, *, memory_mib: int | None = None, **settings: str) -> Started:
        started.append(Started(folder, model, memory_mib=memory_mib, **settings))
        return started[-1]

    yield one
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
        server.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "app"
    place.mkdir()
    return place
