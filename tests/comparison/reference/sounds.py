"""Samples as sounds, and the sounds that a library makes."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import soundfile
import soxr
from inference_common.samples import sample


class Sound:
    """A sound that a library made: samples of shape (frames,), at a rate in Hz."""

    def __init__(self, samples: Any, rate: int) -> None:
        self.samples, self.rate = np.asarray(samples, dtype=np.float32).reshape(-1), rate

    def wav(self) -> bytes:
        """A file of it that holds every number."""
        file = io.BytesIO()
        soundfile.write(file, self.samples, self.rate, format="WAV", subtype="FLOAT")
        return file.getvalue()


def waveform(inputs: Any, rate: int) -> Any:
    """A sample as one channel, float32 of shape (frames,), at a rate in Hz."""
    waves, native = soundfile.read(io.BytesIO(sample(inputs["sample"])), dtype="float32", always_2d=True)
    return soxr.resample(waves.mean(axis=1), native, rate)
