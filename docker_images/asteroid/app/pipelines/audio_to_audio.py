"""audio-to-audio: the sources in a sound, or a cleaner one."""

from __future__ import annotations

from ._shared import SeparationPipeline


class AudioToAudio(SeparationPipeline):
    also = ("audio-source-separation",)
