"""What was said is how long it took; it takes a while to hear that."""

from __future__ import annotations

import time

from inference_common.codecs.audio import Audio
from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.tasks.speech import RecognitionParams, Transcript

SECONDS = 0.2


class Clock(Pipeline[Audio, RecognitionParams, Transcript]):
    def __init__(self, model: ModelSource, device: Device) -> None:
        pass

    def __call__(self, inputs: Audio, params: RecognitionParams) -> Transcript:
        time.sleep(SECONDS)
        return {"text": f"{inputs.seconds:g} s"}
