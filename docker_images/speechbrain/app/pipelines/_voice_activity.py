"""When somebody speaks, as the library's VAD finds it in a file, over sound that is in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import torch
from inference_common.cancel import checkpoint
from inference_common.pipeline import Pipeline
from inference_common.task import Params
from inference_common.tasks.speech import Segment
from inference_common.windows import Floats
from speechbrain.inference.VAD import VAD

from ._sounds import SoundPipeline

PART_SECONDS = 10  # that are heard by themselves, as the library does it
SPEECH = 0.5  # the least mean probability of a segment that is kept


class VoiceActivityPipeline(SoundPipeline[Params, list[Segment]]):
    kinds = (VAD,)

    def _use(self, network: Any) -> None:
        super()._use(network)
        self.measure(network.get_speech_prob_chunk)  # of a segment, which may be all of a sound

    @classmethod
    def adopt(cls, other: Pipeline[Any, Any, Any]) -> Self | None:
        if not isinstance(other, VoiceActivityPipeline):
            return None
        adopted = cls.__new__(cls)
        adopted._use(other.network)
        return adopted

    def answers(self, waves: Floats, params: Params) -> Sequence[list[Segment]]:
        return [self._segments(wave) for wave in torch.from_numpy(waves).to(self.device)]

    def _segments(self, wave: torch.Tensor) -> list[Segment]:
        """By the library's own steps and thresholds (its `get_speech_segments`)."""
        found = self.network.get_boundaries(self.network.apply_threshold(self._probabilities(wave)).float())
        near = self.network.merge_close_segments(found)
        kept = self.network.remove_short_segments(near).tolist()
        return [
            {"class": "SPEECH", "start": float(start), "end": min(float(end), len(wave) / self.hertz)}
            for start, end in kept
            if self._is_speech(wave[int(start * self.hertz) : int(end * self.hertz)])
        ]

    def _probabilities(self, wave: torch.Tensor) -> torch.Tensor:
        """Of speech at each moment, `time_resolution` seconds apart: of shape (1, moments, 1)."""
        size = PART_SECONDS * self.hertz
        parts = torch.split(torch.nn.functional.pad(wave, (0, -len(wave) % size)), size)
        each = [self._probabilities_of(part)[:, :-1] for part in parts]
        moments = max(1, int(len(wave) / (self.network.time_resolution * self.hertz)))
        return torch.cat(each, dim=1)[:, :moments]

    def _is_speech(self, segment: torch.Tensor) -> bool:
        """Whether a segment is speech when it is heard by itself."""
        return bool(self._probabilities_of(segment).mean() > SPEECH)

    def _probabilities_of(self, part: torch.Tensor) -> torch.Tensor:
        checkpoint()
        found: torch.Tensor = self.network.get_speech_prob_chunk(part[None])
        return found
