"""OnnxNetwork: one ONNX file, called with arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from ..threads import cores, is_shared

FEW_WEIGHTS = 256 * 2**20  # bytes of a file; products of larger ones keep all cores busy by themselves
SLOW_FUSIONS = ("SkipLayerNormFusion", "BiasGeluFusion")
"""What ONNX Runtime joins to one operator each, which then take longer than those they are made of: 8.3 and 7.6 % of a
call of MiniLM, of which all sums, norms and Gelu take 8 (onnxruntime 1.32)."""
Arrays = Mapping[str, npt.NDArray[Any]]


class OnnxNetwork:
    """A network on the CPU, with so many `threads`; by default one for each core that this process may use.

    `inputs` are the names it takes. `outputs` are what is asked of it: by these names, or in the file's own order
    where it has others. `lanes` is how many calls may run at once, each then on one core: one, unless `side_by_side`,
    which has most of the weights in memory twice, so only where they are few. Raises onnxruntime's own errors for a
    file that is none.
    """

    def __init__(self, file: Path, outputs: Sequence[str], *, side_by_side: bool = False,
                 threads: int | None = None) -> None:  # fmt: skip
        self.lanes = cores() if side_by_side and file.stat().st_size <= FEW_WEIGHTS else 1
        self._alone = _session(file, threads or cores())
        self._shared = self._alone if self.lanes == 1 else _session(file, 1)
        self.inputs = frozenset(one.name for one in self._alone.get_inputs())
        self.outputs = tuple(outputs)
        named = [one.name for one in self._alone.get_outputs()]
        self._named = list(outputs) if set(outputs) <= set(named) else named[: len(outputs)]

    def __call__(self, features: Arrays) -> Mapping[str, npt.NDArray[np.float32]]:
        """The outputs, by name, of features by name, each with a first dimension of inputs that run together; names
        that the network does not take are left out."""
        taken = {name: value for name, value in features.items() if name in self.inputs}
        session = self._shared if is_shared() else self._alone
        return dict(zip(self.outputs, session.run(self._named, taken), strict=True))


def _session(file: Path, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # each session would keep one for itself, of what memory.keep_freed keeps
    # Threads turn while they wait for each other's part of a call, which is there before they could wake; between
    # calls they would take the cores from those that decode requests.
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return onnxruntime.InferenceSession(str(file), options, ["CPUExecutionProvider"], disabled_optimizers=SLOW_FUSIONS)
