"""Calls: runs a batch by its pipeline, and gives each input its output or its error."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import structlog

from . import device
from .cancel import Abandoned, watched
from .errors import InferenceError, InferenceFailed
from .jobs import Job, Timed

SLICE_SECONDS = 1.0  # that a call runs before other calls may run between its steps, and that each of those may take

Outcome = tuple[Job, Timed | InferenceError]
Observe = Callable[[Sequence[Job], float], None]
"""Told the inputs and the seconds of each call that went well."""
log = structlog.get_logger("inference")


class Postponed(BaseException):
    """Ends a call that came between the steps of another and takes long itself."""


class Call:
    """A batch that runs. `between` is called at each checkpoint of its pipeline (`cancel.checkpoint`), and may run
    other calls inside `paused`."""

    def __init__(self, batch: Sequence[Job], between: Callable[[], None]) -> None:
        self.batch, self._between = batch, between
        self._slice_ends = time.perf_counter() + SLICE_SECONDS
        self._others = 0.0

    @property
    def is_long(self) -> bool:
        """Whether it has run for a slice of time since it began, or since others did."""
        return time.perf_counter() >= self._slice_ends

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Others run inside; it then runs for at least as long as they did, so that it keeps half of the time."""
        began = time.perf_counter()
        try:
            yield
        finally:
            now = time.perf_counter()
            self._others += now - began
            self._slice_ends = now + max(SLICE_SECONDS, now - began)

    def answers(self, observe: Observe) -> Sequence[Outcome]:
        """The outcome of each input that is still waited for; whatever the pipeline raises is that of its input. Raises
        Postponed where `between` does."""
        return self._answers(self.batch, observe)

    def _answers(self, batch: Sequence[Job], observe: Observe) -> Sequence[Outcome]:
        started, others = time.perf_counter(), self._others
        outputs: Sequence[Any] | None = None
        try:
            outputs = self._outputs(batch)
        except Abandoned:
            return []
        except Postponed:
            raise
        except BaseException as error:  # also SystemExit, which a library may raise: it ends this call and no more
            if len(batch) == 1:
                return [(batch[0], InferenceFailed.of(error))]
            if device.is_out_of_memory(error):
                _halve_batches(batch)
        if outputs is None:  # outside of `except`: the error would keep the failed call's tensors
            # One bad input must not fail its neighbours: each runs alone, and only the bad one fails.
            alone = [job for job in batch if not job.future.done()]
            return [outcome for job in alone for outcome in self._answers([job], observe)]
        ran = time.perf_counter() - started - (self._others - others)
        observe(batch, ran)
        return [(job, Timed(output, started - job.since, ran)) for job, output in zip(batch, outputs, strict=True)]

    def _outputs(self, batch: Sequence[Job]) -> Sequence[Any]:
        pipeline, params = batch[0].pipeline, batch[0].params
        with watched(lambda: all(job.future.done() for job in batch), self._between):
            outputs = pipeline.batch([job.inputs for job in batch], params)
        if len(outputs) != len(batch):
            raise RuntimeError(f"{type(pipeline).__name__}.batch gave {len(outputs)} outputs for {len(batch)} inputs")
        return outputs


def _halve_batches(batch: Sequence[Job]) -> None:
    """Give a pipeline smaller batches from now on, for which the GPU has the memory."""
    pipeline = batch[0].pipeline
    pipeline.max_batch_size = len(batch) // 2
    log.warning("the GPU's memory was full; batches are smaller now", max_batch_size=pipeline.max_batch_size)
