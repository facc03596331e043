"""The model's thread: what touches the model runs in it, one call at a time, but for lanes (`waiting.py`)."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog

from .errors import Overloaded

T = TypeVar("T")
log = structlog.get_logger("inference")
Callback = Callable[[], None]


class ModelThread:
    """A daemon thread, so that a model that never returns cannot keep the process alive.

    Raises Overloaded where the system has no thread to give.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callback | None] = queue.SimpleQueue()
        self._since: float | None = None
        self._thread = threading.Thread(target=self._work, name="model", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            raise Overloaded("The system has no thread left for this; try again later", retry_after=1) from error

    @property
    def busy_seconds(self) -> float:
        """How long what runs now has run, since its last `step`; 0 while nothing does."""
        since = self._since
        return 0.0 if since is None else time.perf_counter() - since

    def step(self) -> None:
        """What runs now is still at work; to be called in the thread."""
        self._since = time.perf_counter()

    async def run(self, call: Callable[[], T]) -> T:
        """The result of `call()`, made in the thread; what it raises is raised here.

        As RuntimeError where an event loop could not bear it: SystemExit would end the server, and StopIteration, as of
        `next` on a network without weights, would be lost.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: Exception | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]  # no error: this is the result

        def job() -> None:
            result, error = None, None
            try:
                result = call()
            except BaseException as caught:  # the caller decides what it means
                error = _bearable(caught)
            # A loop that closed meanwhile has nobody left to tell.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, result, error)

        self._jobs.put(job)
        return await future

    def post(self, call: Callable[[], object]) -> None:
        """Run `call()` in the thread after what was asked before; nobody waits for it, what it raises is logged."""

        def job() -> None:
            try:
                call()
            except BaseException:  # the thread goes on
                log.exception("a call that nobody waited for failed")

        self._jobs.put(job)

    def stop(self) -> None:
        """End the thread once what was asked of it is done; does not wait."""
        self._jobs.put(None)

    def join(self) -> None:
        """Wait until the thread has ended."""
        self._thread.join()

    async def stopped(self) -> None:
        """As join, for the event loop."""
        await asyncio.to_thread(self.join)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self.step()
            job()
            self._since = None
            del job  # a kept closure would keep the last request's inputs and output alive


def _bearable(error: BaseException) -> Exception:
    """The error itself, or another that stands for it."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    told = RuntimeError(f"{type(error).__name__}: {error}")
    told.__cause__ = error
    return told
