"""voice-activity-detection: when somebody speaks."""

from __future__ import annotations

from ._voice_activity import VoiceActivityPipeline


class VoiceActivityDetection(VoiceActivityPipeline):
    also = ("speech-segmentation",)
