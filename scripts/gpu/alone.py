"""`alone TASK MODEL BODIES DEVICE`: a library's pipeline without a server, on sorted batches; in its folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from inference_common.memory import keep_freed

from ..benchmarks.workers.line import answer
from ..benchmarks.workers.offline import Offline

SIZES = (16, 32, 64, 128)


class Sorted(Offline):
    """Sorts each window by cost, and takes the best size for its batches: on a GPU, smaller ones are never better."""

    def steps(self, load: str, clients: int) -> Iterator[int]:
        if clients not in self.best:
            sizes = sorted({min(size, clients, self.pipeline.max_batch_size) for size in SIZES})
            self.best[clients] = max(((True, size) for size in sizes), key=lambda way: self._rate(clients, way))
        return self._run(clients, self.best[clients])


def main(task: str, model: str, path: str, device: str) -> None:
    """Answer until the end of the input."""
    keep_freed()  # as a server of it
    answer(Sorted(task, model, "none", path, device).steps)


if __name__ == "__main__":
    main(*sys.argv[1:])
