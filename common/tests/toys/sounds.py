"""Files of a tone in every container, made on the spot."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
import soundfile

Samples = npt.NDArray[np.float32]
HERTZ = 440.0


def tone(rate: int, seconds: float = 1.0, channels: int = 1) -> Samples:
    """A sine of shape (frames, channels), the same in each channel."""
    times = np.arange(round(rate * seconds)) / rate
    return np.repeat(0.5 * np.sin(2 * np.pi * HERTZ * times)[:, None], channels, axis=1).astype(np.float32)


def sndfile(form: str, subtype: str, rate: int, channels: int, seconds: float = 1.0) -> bytes:
    """A tone in a file that libsndfile writes."""
    written = io.BytesIO()
    soundfile.write(written, tone(rate, seconds, channels), rate, format=form, subtype=subtype)
    return written.getvalue()


def ffmpeg(container: str, codec: str, rate: int, layout: str, seconds: float = 1.0) -> bytes:
    """A tone in a file that FFmpeg's libraries write."""
    written = io.BytesIO()
    with av.open(written, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout=layout)
        stream.bit_rate = 64_000
        context = stream.codec_context
        resampler = av.AudioResampler(context.format, layout, rate, context.frame_size or None)
        planes = np.ascontiguousarray(tone(rate, seconds, context.layout.nb_channels).T)
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        for given in (*resampler.resample(frame), *resampler.resample(None), None):
            for packet in stream.encode(given):
                file.mux(packet)
    return written.getvalue()


def pitch(samples: npt.NDArray[np.floating], rate: int) -> float:
    """The loudest frequency, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 18))
    return float(np.argmax(spectrum)) * rate / (1 << 18)
