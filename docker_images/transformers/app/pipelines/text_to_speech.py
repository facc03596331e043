"""text-to-speech: a voice that says a text."""

from __future__ import annotations

from ._synthesis import SynthesisPipeline


class TextToSpeech(SynthesisPipeline):
    also = ("text-to-audio",)
