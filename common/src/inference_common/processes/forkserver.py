"""ForkServer: starts the processes of models, each forked from one that has imported the library."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import structlog

from . import forking

APP = ("inference_common.processes.child", "inference_common.serve")
MAX_MODULES = 2000  # that are imported because a model needed them
log = structlog.get_logger("inference")


class ForkServer:
    """Starts processes of the library whose pipelines are in `package`; they and it end with this process.

    It has imported all modules of that package, those that several pipelines share included: torch, and what else takes
    seconds to import.
    """

    def __init__(self, package: str) -> None:
        self._modules = [*APP, *modules(package)]
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._calls = itertools.count()
        self._starting: dict[int, asyncio.Future[int]] = {}
        self._children: dict[int, Child] = {}

    @property
    def pid(self) -> int | None:
        """Its process id, once it was started."""
        return None if self._process is None else self._process.pid

    async def begin(self) -> None:
        """Start it, if it does not run; does not wait for its imports. Raises OSError."""
        if self._writer is not None and not self._writer.is_closing():
            return
        ours, theirs = socket.socketpair()
        with theirs:
            code = (
                f"import sys; sys.path[:] = {sys.path!r}; from {forking.__name__} import main; main({theirs.fileno()})"
            )
            command = [sys.executable, "-c", code]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        reader, self._writer = await asyncio.open_connection(sock=ours)
        self._send(self._modules)
        self._reading = asyncio.create_task(self._read(reader, self._writer, self._process))

    async def start(self, target: Callable[[socket.socket], object], path: Path) -> Child:
        """A process that calls `target` with a socket that listens at `path`. Raises OSError, and EOFError where the
        library cannot be imported."""
        await self.begin()
        call = next(self._calls)
        started = self._starting[call] = asyncio.get_running_loop().create_future()
        self._send((call, pickle.dumps(target), str(path)))
        try:
            pid = await started
        finally:
            self._starting.pop(call, None)
        return self._children[pid]

    def learn(self, names: Iterable[str]) -> None:
        """Import these modules too, which a model needed, where they are of packages that are imported already."""
        known = set(self._modules)
        new = [name for name in names if name not in known][: max(0, MAX_MODULES - len(known))]
        if new:
            self._modules += new
            self._send(new)

    async def close(self) -> None:
        """End it, and all that it has started."""
        for child in list(self._children.values()):
            child.kill()
        if self._writer is not None:
            self._writer.close()
        if self._reading is not None:
            await asyncio.wait({self._reading})

    def _send(self, message: object) -> None:
        if self._writer is not None:
            body = pickle.dumps(message)
            self._writer.write(forking.LENGTH.pack(len(body)) + body)

    async def _read(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, process: subprocess.Popen[bytes]
    ) -> None:
        try:
            while line := await reader.readline():
                self._take(json.loads(line))
        except OSError:
            log.debug("the connection to the fork server broke")
        writer.close()
        process.kill()
        await asyncio.to_thread(process.wait)
        for child in list(self._children.values()):
            self._end(child, -signal.SIGKILL)  # as the kernel does with a process whose parent ends
        for started in self._starting.values():
            if not started.done():
                started.set_exception(EOFError("the fork server ended"))

    def _take(self, told: list[Any]) -> None:
        if len(told) == 3:
            child = self._children.get(told[0])
            if child is not None:
                self._end(child, told[1])
            return
        call, pid = told
        child = self._children[pid] = Child(pid)
        started = self._starting.get(call)
        if started is None or started.done():
            child.kill()  # whoever asked for it has gone
        else:
            started.set_result(pid)

    def _end(self, child: Child, status: int) -> None:
        self._children.pop(child.pid, None)
        if not child.ended.done():
            child.ended.set_result(status)


class Child:
    """A started process; `ended` is done once it has, with its exit status: a negative one is the signal that did."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if not self.ended.done():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def modules(package: str) -> list[str]:
    """All modules of a package, which need not have an `__init__`; without importing any."""
    spec = find_spec(package)
    folders = [] if spec is None else spec.submodule_search_locations or []
    return [f"{package}.{file.stem}" for folder in folders for file in sorted(Path(folder).glob("*.py"))]
