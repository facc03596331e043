"""speech-segmentation: another name of voice-activity-detection."""

from __future__ import annotations

from ._voice_activity import VoiceActivityPipeline


class SpeechSegmentation(VoiceActivityPipeline):
    also = ("voice-activity-detection",)
