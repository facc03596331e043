"""Facts of a library, found out in a process of its own: a library server imports neither it nor torch."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .. import device, logs
from ..discover import Pipelines
from ..errors import InferenceError, LoadFailed, ModelLoading
from ..settings import Settings
from .errors import relayed
from .forkserver import ForkServer

SECONDS = 300.0  # that a library may take to be imported, and a GPU's driver to answer
IMPORT_SECONDS = 10.0  # told to a caller who asks while the library is imported


@dataclass(frozen=True)
class Facts:
    """`device` is where models run, `gpu_bytes` what they may take of its memory (0: it has none of its own), and
    `unsafe` the tasks whose pipelines read formats that can run code."""

    device: str
    gpu_bytes: int
    unsafe: tuple[str, ...]


class LibraryFacts:
    """The facts of one library, found out when they are first asked for."""

    def __init__(self, forks: ForkServer, library: Pipelines, settings: Settings) -> None:
        self._find_out = functools.partial(find_out, forks, library, settings)
        self._finding: asyncio.Task[Facts] | None = None

    async def get(self, seconds: float) -> Facts:
        """The facts. Raises ModelLoading where they take longer than so many seconds, LoadFailed where they cannot be
        found out; another call tries anew then."""
        if self._finding is None or (self._finding.done() and self._finding.exception() is not None):
            self._finding = asyncio.create_task(self._find_out())
        if not self._finding.done():
            await asyncio.wait({self._finding}, timeout=seconds)
        if not self._finding.done():
            raise ModelLoading("The library is being imported; try again", estimated_time=IMPORT_SECONDS)
        error = self._finding.exception()
        if error is not None:
            raise LoadFailed(str(error))
        return self._finding.result()

    def close(self) -> None:
        """Stop finding them out."""
        if self._finding is not None:
            self._finding.cancel()


async def find_out(forks: ForkServer, library: Pipelines, settings: Settings) -> Facts:
    """Raises LoadFailed where the device cannot be used, or the library not be imported."""
    with tempfile.TemporaryDirectory(prefix="inference-") as folder:
        path = Path(folder) / "facts"
        try:
            async with asyncio.timeout(SECONDS):
                child = await forks.start(functools.partial(_answer, library, settings), path)
                reader, writer = await asyncio.open_unix_connection(str(path))
                told = await reader.read()
                writer.close()
                await writer.wait_closed()
                child.kill()
        except (OSError, EOFError, TimeoutError) as error:
            raise LoadFailed("The library could not be imported; the server's log has the reason") from error
    answer: Mapping[str, Any] = json.loads(told or '{"error": "The library could not be imported", "status": 500}')
    if "error" in answer:
        raise relayed(answer["status"], answer["error"])
    return Facts(answer["device"], answer["gpu_bytes"], tuple(answer["unsafe"]))


def _answer(library: Pipelines, settings: Settings, listening: socket.socket) -> None:
    logs.configure(settings.log_format, settings.log_level)
    answer: Mapping[str, object]
    try:
        answer = asdict(_facts(library, settings))
    except InferenceError as error:
        answer = {"error": str(error), "status": error.status}
    connection, _ = listening.accept()
    with connection:
        connection.sendall(json.dumps(answer).encode())
    os._exit(0)


def _facts(library: Pipelines, settings: Settings) -> Facts:
    where = device.resolve(settings.device)
    unsafe = []
    for task in library.tasks:
        try:
            is_unsafe = library.load(task).unsafe_formats
        except ImportError:  # a part that needs what is not installed: its load says so
            is_unsafe = False
        unsafe += [task] if is_unsafe else []
    return Facts(where, device.gpu_budget(where, settings.max_gpu_memory_mib), tuple(unsafe))
