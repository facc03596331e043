"""audio-source-separation: the old name of audio-to-audio."""

from __future__ import annotations

from ._shared import SeparationPipeline


class AudioSourceSeparation(SeparationPipeline):
    also = ("audio-to-audio",)
