"""The networks of asteroid: one waveform in, one of each source out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from asteroid import models
from asteroid.masknn import recurrent
from inference_common.codecs.audio import Audio
from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.task import Params
from inference_common.tasks.separation import Source, sources, sources_memory
from inference_common.windows import Floats, in_groups, in_windows

FILE = "pytorch_model.bin"
LEAST_SECONDS = 0.25  # the longest that a network's window and strides need; silence follows what is shorter
AT_ONCE = 30  # seconds that run together; longer sound goes through in windows, or it would fill the memory
SHARED = 3  # seconds that windows share with the next
KINDS: Mapping[str, type] = {
    name.lower(): kind
    for name, kind in vars(models).items()
    if isinstance(kind, type) and issubclass(kind, models.BaseModel) and kind is not models.BaseModel
}
"""The library's networks. It looks a checkpoint's up among all names of that module: functions that write files too."""
TOLD: Mapping[str, Mapping[str, Any]] = {"dcunet": {"fix_length_mode": "pad"}}
"""What a class must be told to take sound of any length."""
BATCH = 8  # sounds of one length that run together on a GPU; on a CPU that takes up to twice the time of one by one
ONE_BY_ONE = frozenset({"DeMask"})  # one with complex masks lays each over every sound of a batch

# What a checkpoint tells of itself holds, beside plain values, versions and scores that are NumPy's numbers (whose
# maker NumPy 2 renamed); of all other classes nothing is read.
NUMBER: Any = np.float64(0).__reduce__()[0]
NAMES = [(NUMBER, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")]
TYPES = [type(np.dtype(kind)) for kind in ("float32", "float64", "int64", "bool")]
torch.serialization.add_safe_globals([torch.torch_version.TorchVersion, np.dtype, *TYPES, *NAMES])


class CountedRNN(recurrent.DCCRMaskNetRNN):  # type: ignore[misc]  # the library has no types
    """DCCRNet gives it a product of NumPy's, which is no integer to torch."""

    def __init__(self, in_size: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(int(in_size), *args, **kwargs)


recurrent.DCCRMaskNetRNN = CountedRNN


class SeparationPipeline(Pipeline[Audio, Params, list[Source]]):
    """Each source as long as the sound, at the network's own level, which the library's `separate` would scale to the
    sound's."""

    max_batch_cost = AT_ONCE * 1000

    def __init__(self, model: ModelSource, device: Device) -> None:
        saved: Any = torch.load(model.path() / FILE, map_location="cpu", weights_only=True)
        self._use(network_of(saved).to(device).eval())

    def _use(self, network: Any) -> None:
        if not network.sample_rate:
            raise TypeError("the model's file does not tell its sampling rate")
        self.network = network
        weights = next(network.parameters())
        self.device, self.dtype = str(weights.device), str(weights.dtype).removeprefix("torch.")
        self.rate = int(network.sample_rate)
        # Networks that say neither clean the one source that there is.
        named = getattr(getattr(network, "masker", network), "n_src", None)
        self.count = int(named or len(getattr(network, "sources", ())) or 1)
        together = self.device != "cpu" and type(network).__name__ not in ONE_BY_ONE
        self.max_batch_size = BATCH if together else 1  # as the network and its device allow

    @classmethod
    def adopt(cls, other: Pipeline[Any, Any, Any]) -> Self | None:
        if not isinstance(other, SeparationPipeline):
            return None
        adopted = cls.__new__(cls)
        adopted._use(other.network)
        return adopted

    def cost(self, inputs: Audio) -> int:
        return int(inputs.seconds * 1000)

    def memory(self, costs: Sequence[int], params: Params) -> int:
        return sum(sources_memory(int(cost * int(self.rate or 0) / 1000), self.count) for cost in costs)

    def __call__(self, inputs: Audio, params: Params) -> list[Source]:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Audio], params: Params) -> Sequence[list[Source]]:
        assert self.rate is not None  # set as it loads
        return in_groups(self._sources, [audio.at(self.rate) for audio in inputs], self.max_batch_size)

    def _sources(self, waves: Floats) -> list[list[Source]]:
        rate = int(self.rate or 0)
        made = in_windows(self._waveforms, waves, AT_ONCE * rate, SHARED * rate)
        return [sources(one, rate) for one in made]

    def _waveforms(self, waves: Floats) -> Floats:
        """What the network makes of waves of shape (sounds, frames): of shape (sounds, sources, frames)."""
        frames = waves.shape[-1]
        missing = max(0, int(LEAST_SECONDS * int(self.rate or 0)) - frames)
        given = torch.nn.functional.pad(torch.from_numpy(waves).to(self.device), (0, missing))
        made: Floats = self.network.forward_wav(given[:, None]).float().cpu().numpy()
        return (made if made.ndim == 3 else made[:, None])[..., :frames]


def network_of(saved: Mapping[str, Any]) -> Any:
    """The network of a checkpoint. Raises TypeError for one of no class that the library has."""
    name = str(saved.get("model_name")).lower()
    if name not in KINDS:
        known = ", ".join(sorted(kind.__name__ for kind in KINDS.values()))
        raise TypeError(f"{FILE} is of the class {saved.get('model_name')!r}; asteroid's are: {known}")
    loader: Any = models.BaseModel
    return loader.from_pretrained(saved, **TOLD.get(name, {}))
