"""OnnxNetwork: one ONNX file, called with arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from ..threads import cores

Arrays = Mapping[str, npt.NDArray[Any]]


class OnnxNetwork:
    """A network on the CPU, with a thread for each core that this process may use.

    `inputs` are the names it takes. `outputs` are what is asked of it: by these names, or in the file's own order
    where it has others. Raises onnxruntime's own errors for a file that is none.
    """

    def __init__(self, file: Path, outputs: Sequence[str]) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = cores()
        options.inter_op_num_threads = 1
        # Threads turn while they wait for each other's part of a call, which is there before they could wake; between
        # calls they would take the cores from those that decode requests.
        options.add_session_config_entry("session.intra_op.allow_spinning", "1")
        options.add_session_config_entry("session.force_spinning_stop", "1")
        self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self.inputs = frozenset(one.name for one in self._session.get_inputs())
        self.outputs = tuple(outputs)
        named = [one.name for one in self._session.get_outputs()]
        self._named = list(outputs) if set(outputs) <= set(named) else named[: len(outputs)]

    def __call__(self, features: Arrays) -> Mapping[str, npt.NDArray[np.float32]]:
        """The outputs, by name, of features by name, each with a first dimension of inputs that run together; names
        that the network does not take are left out."""
        taken = {name: value for name, value in features.items() if name in self.inputs}
        return dict(zip(self.outputs, self._session.run(self._named, taken), strict=True))
