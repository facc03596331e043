"""`offline TASK MODEL OPTIMIZE BODIES`: a library's pipeline without a server, in the library's folder.

The limit of what a server of it can do: it is fed the bodies that the servers are sent, decoded, in windows of as many
as there are clients, by the best of several ways to make batches of a window.
"""

from __future__ import annotations

import itertools
import os
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from inference_common.device import batch_size, gpu_allocated
from inference_common.discover import discover
from inference_common.logs import configure
from inference_common.memory import keep_freed
from inference_common.source import open_source
from inference_common.task import Payload
from inference_common.tasks import TASKS

from .limits import limits_of
from .line import answer, bodies

SIZES = (1, 2, 4, 8, 16, 32)
TRIAL_SECONDS = 0.5  # for each way, once

Way = tuple[bool, int]
"""Whether a window is sorted by cost, and the size of its batches."""


class Offline:
    """A pipeline and what it is fed."""

    def __init__(self, task: str, model: str, mode: Any, path: str, device: str = "cpu") -> None:
        sys.path.insert(0, os.getcwd())
        self.task = TASKS[task]
        kind, source = discover("app.pipelines").load(task), open_source(model)
        optimized = None if mode == "none" else kind.optimized(source, mode)
        self.pipeline = kind(source, device) if optimized is None else optimized
        self.pipeline.max_batch_size = batch_size(self.pipeline.max_batch_size, device, gpu_allocated(device))
        self.limits = limits_of(self.pipeline)
        self.bodies = bodies(path)
        first = self.task.input.decode(Payload(self.bodies[0], None), self.limits)
        self.params = self.task.params.model_validate(dict(first.params))
        self.best: dict[int, Way] = {}

    def steps(self, load: str, clients: int) -> Iterator[int]:
        """The best way for a window of so many."""
        if clients not in self.best:
            sizes = [size for size in SIZES if size <= min(clients, self.pipeline.max_batch_size)]
            self.best[clients] = max(itertools.product((True, False), sizes), key=lambda way: self._rate(clients, way))
        return self._run(clients, self.best[clients])

    def _rate(self, window: int, way: Way) -> float:
        steps, count = self._run(window, way), 0
        next(steps)
        began = time.perf_counter()
        while time.perf_counter() - began < TRIAL_SECONDS:
            count += next(steps)
        return count / (time.perf_counter() - began)

    def _run(self, window: int, way: Way) -> Iterator[int]:
        ordered, size = way
        endless = itertools.cycle(self.bodies)
        while True:
            items = [self._decoded(body) for body in itertools.islice(endless, window)]
            items = sorted(items, key=self.pipeline.cost) if ordered else items
            for start in range(0, window, size):
                self.pipeline.batch(items[start : start + size], self.params)
            yield window

    def _decoded(self, body: bytes) -> Any:
        return self.task.input.decode(Payload(body, None), self.limits).items[0]


def main(arguments: Sequence[str]) -> None:
    """Answer until the end of the input."""
    task, model, mode, path = arguments
    configure("plain", "info")  # to standard error: each line of the output is a measurement
    keep_freed()  # as a server of it
    answer(Offline(task, model, mode, path).steps)


if __name__ == "__main__":
    main(sys.argv[1:])
