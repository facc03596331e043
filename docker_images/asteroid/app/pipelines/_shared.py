"""The networks of asteroid: one waveform in, one of each source out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from asteroid.dsp.overlap_add import LambdaOverlapAdd
from asteroid.masknn import recurrent
from asteroid.models import BaseModel
from inference_common.codecs.audio import Audio
from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.task import Params
from inference_common.tasks.separation import Source

FILE = "pytorch_model.bin"
AT_ONCE = 30  # seconds; longer sound goes through in windows that overlap, or it would fill the memory
TOLD: Mapping[str, Mapping[str, Any]] = {"DCUNet": {"fix_length_mode": "pad"}}
"""What a class must be told to take sound of any length."""
# Stands among what a checkpoint tells of itself; the rest is tensors and plain values, and nothing else is read.
torch.serialization.add_safe_globals([torch.torch_version.TorchVersion])


class CountedRNN(recurrent.DCCRMaskNetRNN):  # type: ignore[misc]  # the library has no types
    """DCCRNet gives it a product of NumPy's, which is no integer to torch."""

    def __init__(self, in_size: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(int(in_size), *args, **kwargs)


recurrent.DCCRMaskNetRNN = CountedRNN


class SeparationPipeline(Pipeline[Audio, Params, list[Source]]):
    """Each source at the network's own level; if any would pass full scale, all of them are lowered alike."""

    def __init__(self, model: ModelSource, device: Device) -> None:
        saved: Any = torch.load(model.path() / FILE, map_location="cpu", weights_only=True)
        loader: Any = BaseModel
        network = loader.from_pretrained(saved, **TOLD.get(saved["model_name"], {}))
        found = "cuda" if torch.cuda.is_available() else "cpu"
        self._use(network.to(found if device == "auto" else device).eval())

    def _use(self, network: Any) -> None:
        if not network.sample_rate:
            raise TypeError("the model's file does not tell its sampling rate")
        self.network = network
        self.device = str(next(network.parameters()).device)
        self.rate = int(network.sample_rate)

    @classmethod
    def adopt(cls, other: Pipeline[Any, Any, Any]) -> Self | None:
        if not isinstance(other, SeparationPipeline):
            return None
        adopted = cls.__new__(cls)
        adopted._use(other.network)
        return adopted

    @torch.inference_mode()
    def __call__(self, inputs: Audio, params: Params) -> list[Source]:
        assert self.rate is not None  # set as it loads
        wave = torch.from_numpy(np.ascontiguousarray(inputs.at(self.rate))).to(self.device)
        sources = self._separated(wave).float().cpu().numpy()
        sources = sources / max(1.0, float(np.abs(sources).max(initial=0.0)))
        return [Source(f"label_{n}", Audio(one, self.rate)) for n, one in enumerate(sources)]

    def cost(self, inputs: Audio) -> int:
        return int(inputs.seconds * 1000)

    def _separated(self, wave: torch.Tensor) -> torch.Tensor:
        """Of shape (sources, frames), as long as the wave."""
        heard = wave.expand(1, self.network.in_channels or 1, -1)
        window = AT_ONCE * int(self.rate or 0)
        if wave.numel() <= window:
            return self._waveforms(heard)[0]
        several = self._waveforms(heard[..., :window]).shape[1] > 1
        windows: Any = LambdaOverlapAdd(self._waveforms, None, window, reorder_chunks=several)
        parts: torch.Tensor = windows(heard)[0]
        return parts

    def _waveforms(self, heard: torch.Tensor) -> torch.Tensor:
        """What the network makes of (1, channels, frames), or of a window (1, frames): (1, sources, frames)."""
        made: torch.Tensor = self.network.forward_wav(heard if heard.ndim == 3 else heard[:, None])
        return (made if made.ndim == 3 else made[None])[..., : heard.shape[-1]]
