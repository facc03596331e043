"""What every pipeline that hears sound has in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

import torch
from inference_common.codecs.audio import Audio
from inference_common.module_memory import largest_output
from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.task import Out, P
from inference_common.windows import Floats, in_groups

from ._interfaces import Interface, load, rate_of

LEAST_SECONDS = 0.5  # the longest that a network's windows and strides need; silence follows what is shorter
AT_ONCE = 30  # seconds that run together: attention grows with the square of it
MEASURED_SECONDS = 2  # of silence, by which a network's memory is measured
LIVE_OUTPUTS = 11  # of the size of the largest, at a call's peak: ECAPA-TDNN of the usual size was seen to take 10.5
WAVE_BYTES = 12  # of a sample: resampled, stacked, and with silence behind it
BATCH = 8  # sounds of one length that run together on a GPU; on a CPU that takes no less than one by one


class SoundPipeline(Pipeline[Audio, P, Out]):
    unsafe_formats = True
    max_batch_cost = AT_ONCE * 1000
    kinds: ClassVar[Sequence[Interface]]
    """The interfaces that answer the task."""
    bytes_a_second = 0
    """Of memory that the network takes for a second of sound, past the first AT_ONCE seconds."""

    def __init__(self, model: ModelSource, device: Device) -> None:
        self._use(load(model, self.kinds, device))

    def _use(self, network: Any) -> None:
        self.network = network
        self.device, self.rate = network.device, rate_of(network)
        self.max_batch_size = 1 if self.device == "cpu" else BATCH  # as the device allows

    def __call__(self, inputs: Audio, params: P) -> Out:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Audio], params: P) -> Sequence[Out]:
        waves = [audio.at(self.hertz) for audio in inputs]
        return in_groups(partial(self.answers, params=params), waves, self.max_batch_size)

    @abstractmethod
    def answers(self, waves: Floats, params: P) -> Sequence[Out]:
        """The answer to each of the waves of one length, of shape (sounds, frames)."""

    @property
    def hertz(self) -> int:
        """The network's sampling rate."""
        assert self.rate is not None  # set as it loads
        return self.rate

    def with_silence(self, waves: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Waves of shape (sounds, frames), as long as networks need, and the part of each that is to be heard: of a
        click also some silence, or the network's strides would leave nothing of it."""
        frames = waves.shape[-1]
        given = torch.nn.functional.pad(waves, (0, max(0, int(LEAST_SECONDS * self.hertz) - frames)))
        return given, torch.full((len(waves),), max(0.5, frames / given.shape[-1]))

    def cost(self, inputs: Audio) -> int:
        return int(inputs.seconds * 1000)

    def memory(self, costs: Sequence[int], params: P) -> int:
        return int(max(0, max(costs) / 1000 - AT_ONCE) * (self.hertz * WAVE_BYTES + self.bytes_a_second))

    def measure(self, call: Callable[[torch.Tensor], object]) -> None:
        """Find out `bytes_a_second`, where the network hears a sound of any length as a whole: by a call on waves of
        silence, and what its parts make of them."""
        if self.device == "cpu":
            with torch.inference_mode():
                found = largest_output(self.network.mods, lambda: call(torch.zeros(1, MEASURED_SECONDS * self.hertz)))
            self.bytes_a_second = LIVE_OUTPUTS * found // MEASURED_SECONDS
