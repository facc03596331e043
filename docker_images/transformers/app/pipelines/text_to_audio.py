"""text-to-audio: any sound of a text: music, noises, speech."""

from __future__ import annotations

from ._synthesis import SynthesisPipeline


class TextToAudio(SynthesisPipeline):
    also = ("text-to-speech",)
