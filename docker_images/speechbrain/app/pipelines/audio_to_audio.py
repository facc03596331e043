"""audio-to-audio: each speaker in a sound, or the sound without its noise."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from inference_common.task import Params
from inference_common.tasks.separation import Source, sources
from inference_common.windows import Floats, in_windows
from speechbrain.inference.enhancement import SpectralMaskEnhancement, WaveformEnhancement
from speechbrain.inference.separation import SepformerSeparation
from speechbrain.processing.signal_processing import resynthesize

from ._sounds import AT_ONCE, SoundPipeline

ENHANCED = ("speech_enhanced",)
SHARED = 3  # seconds that the windows of long sound share with the next


class AudioToAudio(SoundPipeline[Params, list[Source]]):
    kinds = (SepformerSeparation, SpectralMaskEnhancement, WaveformEnhancement)

    def _use(self, network: Any) -> None:
        super()._use(network)
        self.takes_lengths = not self._separates and takes_lengths(network.mods.enhance_model)
        resynth: Any = getattr(network.hparams, "resynth", None)
        if getattr(resynth, "func", None) is resynthesize:  # which would lift each window of long sound to full scale
            network.hparams.resynth = partial(resynth, normalize_wavs=False)

    def answers(self, waves: Floats, params: Params) -> Sequence[list[Source]]:
        made = in_windows(self._made, waves, AT_ONCE * self.hertz, SHARED * self.hertz)
        return [sources(one, self.hertz, None if self._separates else ENHANCED) for one in made]

    @property
    def _separates(self) -> bool:
        return isinstance(self.network, SepformerSeparation)

    def _made(self, waves: Floats) -> Floats:
        """What the network makes of waves of shape (sounds, frames): of shape (sounds, sources, frames)."""
        frames = waves.shape[-1]
        given, _ = self.with_silence(torch.from_numpy(waves))
        if self._separates:
            made = self.network.separate_batch(given).transpose(1, 2)
        else:
            whole = torch.ones(len(given), device=self.device) if self.takes_lengths else None
            made = self.network.enhance_batch(given, lengths=whole)[:, None]
        cut = torch.nn.functional.pad(made, (0, max(0, frames - made.shape[-1])))[..., :frames]
        waveforms: Floats = cut.float().cpu().numpy()
        return waveforms


def takes_lengths(module: torch.nn.Module) -> bool:
    """Whether a module takes the lengths of the sounds in a batch: not so a plain sequence of layers, say."""
    parameters = inspect.signature(module.forward).parameters
    return "lengths" in parameters or any(one.kind is one.VAR_KEYWORD for one in parameters.values())
