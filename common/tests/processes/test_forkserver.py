"""The fork server, and processes that do what a test says."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest
from inference_common.processes.forkserver import ForkServer, modules


def answer(listening: socket.socket) -> None:
    """Tell which modules are there to whoever connects."""
    connection, _ = listening.accept()
    with connection:
        connection.sendall(" ".join(sys.modules).encode())
    os._exit(3)


def sleep(listening: socket.socket) -> None:
    time.sleep(60)


def fail(listening: socket.socket) -> None:
    raise ValueError("this is no process of a model")


async def told(forks: ForkServer, path: Path) -> tuple[list[str], int]:
    child = await forks.start(answer, path)
    reader, writer = await asyncio.open_unix_connection(str(path))
    names = (await reader.read()).decode().split()
    writer.close()
    await writer.wait_closed()
    async with asyncio.timeout(20):
        return names, await child.ended


def test_a_process_has_the_library_imported_and_tells_its_end(tmp_path: Path) -> None:
    async def run() -> None:
        forks = ForkServer("toys.pipelines")
        names, status = await told(forks, tmp_path / "one")
        assert "toys.pipelines.feature_extraction" in names
        assert status == 3
        await forks.close()

    asyncio.run(run())


def test_more_of_a_package_is_imported_once_a_model_needed_it(tmp_path: Path) -> None:
    async def run() -> None:
        forks = ForkServer("toys.pipelines")
        assert "inference_common.testing.hub" not in (await told(forks, tmp_path / "one"))[0]
        forks.learn(["inference_common.testing.hub", "antigravity", "inference_common.nothing"])
        names, _ = await told(forks, tmp_path / "two")
        assert "inference_common.testing.hub" in names
        assert "antigravity" not in names  # only more of packages that are there
        await forks.close()

    asyncio.run(run())


def test_a_process_can_be_ended_and_one_that_fails_tells_so(tmp_path: Path) -> None:
    async def run() -> None:
        forks = ForkServer("toys.pipelines")
        child = await forks.start(sleep, tmp_path / "one")
        child.kill()
        async with asyncio.timeout(20):
            assert await child.ended == -signal.SIGKILL
            assert await (await forks.start(fail, tmp_path / "two")).ended == 1
        child.kill()  # nothing happens
        await forks.close()

    asyncio.run(run())


def test_a_fork_server_that_ended_is_started_anew(tmp_path: Path) -> None:
    async def run() -> None:
        forks = ForkServer("toys.pipelines")
        child = await forks.start(sleep, tmp_path / "one")
        os.kill(forks.pid or 0, signal.SIGKILL)
        async with asyncio.timeout(20):
            assert await child.ended == -signal.SIGKILL
        assert (await told(forks, tmp_path / "two"))[1] == 3
        await forks.close()

    asyncio.run(run())


def test_a_library_that_cannot_be_imported_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ends_at_import.py").write_text("import os; os._exit(1)")
    monkeypatch.syspath_prepend(str(tmp_path))

    async def run() -> None:
        forks = ForkServer("toys.pipelines")
        forks.learn(["ends_at_import"])
        with pytest.raises(EOFError):
            async with asyncio.timeout(20):
                await forks.start(sleep, tmp_path / "one")
        await forks.close()

    asyncio.run(run())


def test_modules_are_listed_without_importing_them() -> None:
    assert "toys.pipelines.text_ranking" in modules("toys.pipelines")
    assert modules("toys.nothing") == []
