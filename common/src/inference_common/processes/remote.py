"""RemoteModel: a model in a process of its own, as the library server has it in its registry."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any

import anyio.to_thread
import structlog
from anyio import CapacityLimiter

from .. import device
from ..errors import InferenceError, LoadFailed, ModelLoading
from ..failures import Failure
from ..hub import Resolved
from ..onnx.resources import weight_bytes
from ..popularity import Popularity
from ..registry import State
from ..residency import Memory
from . import internal
from .child import Order
from .connection import Broken
from .facts import Facts
from .forkserver import ForkServer
from .measure import private_bytes
from .metrics import Joined
from .process import ModelProcess

FIRST_LOAD_SECONDS = 20.0  # told to a caller who asks while a load runs
ASK_SECONDS = 1.0  # for the process to tell of itself; one that is busy in native code is told of as it was
CHANGE_OVER_SECONDS = 8000.0  # above what an export may take
BASE_BYTES = 64 * 2**20  # of a process besides its model: threads, buffers, and copies of the fork server's pages
log = structlog.get_logger("inference")


class RemoteModel:
    """Its `order` says what is loaded; `fetch` gets the files, and blocks. `leases` counts the requests that hold it;
    whoever gives the last one back calls `when_idle`. Where its process ends by itself, it calls `when_lost`.

    `held_bytes` are those of memory that its process was last seen to hold for itself, `memory` what of that is the
    model's.
    """

    def __init__(
        self,
        forks: ForkServer,
        order: Order,
        resolved: Resolved,
        facts: Facts,
        joined: Joined,
        *,
        fetch: Callable[[], object],
        threads: CapacityLimiter,
    ) -> None:
        self.source, self.name, self.resolved = order.source, order.source.name, resolved
        self.order, self.label, self.popularity = order, order.label, Popularity()
        self.leases = 0
        self.when_idle: Callable[[], None] | None = None
        self.when_lost: Callable[[], None] | None = None
        self.memory, self.held_bytes = Memory(), 0
        self.state: State = "loading"
        self.failure: Failure | None = None
        self.process = ModelProcess(forks, order)
        self._fetch, self._threads, self._joined = fetch, threads, joined
        self._is_on_gpu = device.is_cuda(facts.device)
        self._about: Mapping[str, Any] = {}
        self._settled = asyncio.Event()
        self._since = time.monotonic()
        self._closing: asyncio.Task[None] | None = None

    def release(self) -> None:
        """Give a lease back."""
        self.leases -= 1
        if not self.leases and self.when_idle is not None:
            self.when_idle()

    def answers(self, task: str) -> bool:
        """Whether this task is, or will be, among those it answers."""
        return task == self.order.task or task in self._about.get("tasks", ())

    def likely_memory(self) -> Memory:
        """What it will take, by the sizes of its files."""
        files = self.resolved.total_bytes
        return Memory(gpu=files) if self._is_on_gpu else Memory(host=files)

    async def fetch(self) -> bool:
        """Get the files; whether that went well."""
        try:
            await anyio.to_thread.run_sync(self._fetch, limiter=self._threads, abandon_on_cancel=True)
        except Exception as error:
            self.fail(error)
            return False
        return True

    async def load(self) -> None:
        """Load until ready, or failed."""
        try:
            self._about = await self.process.load()
        except Exception as error:
            self.fail(error)
            return
        self._joined.add(self)
        self.process.ended.add_done_callback(lambda _: self._end())
        await anyio.to_thread.run_sync(self.measure)
        self.state = "ready"
        self._settled.set()

    def measure(self) -> None:
        """Have `memory` and `held_bytes` tell what its process takes now; blocks for some milliseconds."""
        pid = self.process.pid
        self.held_bytes = 0 if pid is None else private_bytes(pid)
        self.memory = Memory(max(0, self.held_bytes - BASE_BYTES), self._about.get("memory_bytes", {}).get("gpu", 0))

    async def settled(self) -> None:
        """Return once it is ready, or failed."""
        await self._settled.wait()

    async def wait_ready(self, *, hold: bool) -> None:
        """Return once ready. Raises why it is not, or ModelLoading past `load_wait` (at once without `hold`)."""
        if self.state == "loading" and hold:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._settled.wait(), self.order.settings.load_wait)
        if self.failure is not None:
            raise self.failure.error()
        if self.state == "loading":
            left = max(1.0, FIRST_LOAD_SECONDS - (time.monotonic() - self._since))
            raise ModelLoading(f"The model {self.name} is loading; try again", estimated_time=round(left, 1))

    @property
    def is_pending(self) -> bool:
        """Whether its process could change over to the ONNX form."""
        return self.state == "ready" and self._about["optimization"]["state"] == "pending"

    def weight_bytes(self) -> int:
        """Bytes of the model's weights, as its files have them; blocks."""
        return weight_bytes(self.source.path())

    async def optimize(self) -> None:
        """Have its process change over to the ONNX form, and wait until it has, or cannot."""
        await self._ask("POST", internal.CHANGE_OVER, CHANGE_OVER_SECONDS)

    def skip(self, reason: str) -> None:
        """Leave it in its present form: there is no memory for a second one."""
        self._about = {**self._about, "optimization": {"state": "skipped", "reason": reason}}
        log.warning("not exported to ONNX", model=self.name, reason=reason)

    async def about(self) -> Mapping[str, Any]:
        """What `/info` tells of it."""
        if self.state == "ready":
            skipped = self._about["optimization"]
            await self._ask("GET", internal.ABOUT, ASK_SECONDS)
            if skipped["state"] == "skipped":
                self._about = {**self._about, "optimization": skipped}
            held = {"host": self.held_bytes, "gpu": self.memory.gpu}
            return {**self._about, "memory_bytes": held}
        return {"model": self.name, "revision": self.source.revision, "state": self.state, "task": None, "tasks": []}

    def fail(self, error: BaseException) -> None:
        """Remember why it cannot be loaded, and tell whoever waits."""
        is_expected = isinstance(error, InferenceError)
        if not is_expected:
            log.error("unexpected error of a model's process", model=self.name, exc_info=error)
            error = LoadFailed(f"The model {self.name} could not be loaded; the server's log has the reason")
        self.state, self.failure = "failed", Failure.of_load(self.name, error)
        self._settled.set()
        log.error("model failed to load", model=self.name, reason=self.failure.message)

    def close(self) -> None:
        """End its process, at once where nobody uses it; does not wait."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._stop())

    async def closed(self) -> None:
        """As close, and wait for it."""
        self.close()
        if self._closing is not None:
            await self._closing

    async def metrics(self) -> str | None:
        """Its metrics as Prometheus text; None where it does not tell them in time."""
        with contextlib.suppress(TimeoutError, InferenceError, Broken):
            async with asyncio.timeout(ASK_SECONDS):
                return (await self.process.read("GET", "/metrics"))[1].decode()
        return None

    async def _stop(self) -> None:
        if self.state == "ready":
            await self._joined.ask(self)
        await self.process.stop()

    async def _ask(self, method: str, path: str, seconds: float) -> None:
        with contextlib.suppress(TimeoutError, InferenceError):
            async with asyncio.timeout(seconds):
                self._about = await self.process.ask(method, path)

    def _end(self) -> None:
        self._joined.keep(self)
        if self._closing is not None or self.state != "ready":
            return
        self.state, self.failure = "failed", Failure.of(self.process.why())
        log.error("the process of a model ended", model=self.name, reason=self.failure.message)
        if self.when_lost is not None:
            self.when_lost()
