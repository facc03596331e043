"""A model in a real process of its own, without a server around it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from anyio import CapacityLimiter
from inference_common import Settings
from inference_common.card import ModelCard
from inference_common.discover import discover
from inference_common.errors import Forbidden, ModelLoading
from inference_common.hub import Resolved
from inference_common.metrics import Metrics
from inference_common.processes.child import Order
from inference_common.processes.facts import Facts
from inference_common.processes.forkserver import ForkServer
from inference_common.processes.metrics import Joined
from inference_common.processes.remote import RemoteModel
from inference_common.source import FolderSource
from toys.loopback import toy

RESOLVED = Resolved("c" * 40, ModelCard(task="feature-extraction"), {"weights": 1024})
Use = Callable[[RemoteModel], Awaitable[None]]


@asynccontextmanager
async def remote(folder: Path, **settings: object) -> AsyncIterator[RemoteModel]:
    forks = ForkServer("toys.pipelines")
    library, known = discover("toys.pipelines"), Settings(**settings)  # type: ignore[arg-type]
    order = Order(library, known, FolderSource(folder), "feature-extraction", None, False, "label")
    joined, limiter = Joined(Metrics()), CapacityLimiter(1)
    model = RemoteModel(forks, order, RESOLVED, Facts("cpu", 0, ()), joined, fetch=lambda: None, threads=limiter)
    try:
        yield model
    finally:
        await model.closed()
        await forks.close()


def used(folder: Path, use: Use, **settings: object) -> None:
    async def run() -> None:
        async with asyncio.timeout(60), remote(folder, **settings) as model:
            await use(model)

    asyncio.run(run())


def test_it_tells_of_itself_and_what_it_holds(tmp_path: Path) -> None:
    async def use(model: RemoteModel) -> None:
        assert (await model.about())["state"] == "loading"
        with pytest.raises(ModelLoading):
            await model.wait_ready(hold=False)
        assert await model.fetch()
        await model.load()
        about = await model.about()
        assert (about["state"], about["task"]) == ("ready", "feature-extraction")
        assert model.answers("text-ranking")
        assert about["memory_bytes"]["host"] == model.held_bytes > 2**20
        assert 'model_ready{model="label"} 1.0' in (await model.metrics() or "")
        pid = model.process.pid
        assert pid is not None
        await model.closed()
        assert not psutil.pid_exists(pid)
        assert await model.metrics() is None

    used(toy(tmp_path / "a"), use)


def test_it_changes_over_when_it_is_told_to(tmp_path: Path) -> None:
    async def use(model: RemoteModel) -> None:
        await model.load()
        assert not model.is_pending  # toys have no other form
        await model.optimize()
        assert (await model.about())["optimization"]["state"] == "none"
        model.skip("there is no room")
        assert (await model.about())["optimization"] == {"state": "skipped", "reason": "there is no room"}
        assert model.weight_bytes() == 0

    used(toy(tmp_path / "a"), use)


def test_files_that_cannot_be_had_are_told(tmp_path: Path) -> None:
    async def use(model: RemoteModel) -> None:
        def refused() -> None:
            raise Forbidden("they are gated")

        model._fetch = refused
        assert not await model.fetch()
        with pytest.raises(Forbidden, match="gated"):
            await model.wait_ready(hold=True)

    used(toy(tmp_path / "a"), use)


def test_code_of_models_is_refused_in_its_process_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSAFE_TOYS", "feature-extraction")

    async def use(model: RemoteModel) -> None:
        await model.load()
        with pytest.raises(Forbidden, match="TRUSTED_MODELS"):
            await model.wait_ready(hold=True)

    used(toy(tmp_path / "a"), use)


def test_one_that_is_killed_is_lost(tmp_path: Path) -> None:
    async def use(model: RemoteModel) -> None:
        lost = asyncio.Event()
        model.when_lost = lost.set
        await model.load()
        pid = model.process.pid
        assert pid is not None
        psutil.Process(pid).send_signal(signal.SIGKILL)
        await lost.wait()
        assert model.failure is not None
        assert "SIGKILL" in model.failure.message
        assert (model.state, model.process.pid) == ("failed", None)

    used(toy(tmp_path / "a"), use)
