"""Audio out: a model's samples, of whatever type, as a file of the media type that the caller accepts."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from ..client import Client
from ..errors import InferenceFailed
from ..schema import Schema, Schemas
from ..task import Encoded
from .accept import chosen
from .audio import Audio, as_float

Pcm = npt.NDArray[np.int16]
MPEG_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
FULL_SCALE = 32768  # of 16 bits
ENCODING_BYTES = 32
"""Of memory for each sample while a file is written: tracemalloc saw 21, and AAC has planes of float32 and frames."""
BLOCK = 1 << 16  # frames written at once: libvorbis overruns its stack on more than a few seconds


@dataclass(frozen=True)
class Format:
    """How one kind of file is written: `rates` are the sampling rates it can hold, none for any; `channels` the most
    it can."""

    write: Callable[[Pcm, int], bytes]
    channels: int
    rates: tuple[int, ...] = ()


def _sndfile(name: str, subtype: str) -> Callable[[Pcm, int], bytes]:
    def write(samples: Pcm, rate: int) -> bytes:
        written = io.BytesIO()
        channels = samples.shape[1]
        with soundfile.SoundFile(written, "w", rate, channels, subtype=subtype, format=name) as file:
            for start in range(0, len(samples), BLOCK):
                file.write(samples[start : start + BLOCK])
        return written.getvalue()

    return write


def _aac(container: str) -> Callable[[Pcm, int], bytes]:
    def write(samples: Pcm, rate: int) -> bytes:
        written = io.BytesIO()
        layout = "mono" if samples.shape[1] == 1 else "stereo"
        planes = np.ascontiguousarray(samples.T.astype(np.float32) / FULL_SCALE)
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
        # From 0 on, so that the file says how much of its first packet is the encoder's own delay.
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        with av.open(written, "w", format=container) as file:
            stream = file.add_stream("aac", rate=rate, layout=layout)
            for given in (frame, None):
                for packet in stream.encode(given):
                    file.mux(packet)
        return written.getvalue()

    return write


_FLAC = Format(_sndfile("FLAC", "PCM_16"), 8)
_WAV = Format(_sndfile("WAV", "PCM_16"), 8)
_MP3 = Format(_sndfile("MP3", "MPEG_LAYER_III"), 2, MPEG_RATES)
_OGG = Format(_sndfile("OGG", "VORBIS"), 8, (*MPEG_RATES, 96000, 192000))
_M4A = Format(_aac("ipod"), 2, MPEG_RATES)
_AAC = Format(_aac("adts"), 2, MPEG_RATES)
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        **{"audio/flac": _FLAC, "audio/wav": _WAV, "audio/mpeg": _MP3, "audio/ogg": _OGG},
        **{"audio/mp4": _M4A, "audio/aac": _AAC},
        # Other names of the same that clients use.
        **{"audio/x-flac": _FLAC, "audio/x-wav": _WAV, "audio/wave": _WAV, "audio/vnd.wave": _WAV},
        **{"audio/mp3": _MP3, "audio/m4a": _M4A, "audio/x-m4a": _M4A},
    }
)
"""What can be made by media type, the default first."""


@dataclass(frozen=True)
class AudioOutput:
    """One audio as a file: FLAC, unless `accept` asks for another; `x-compute-audio-length` tells its seconds."""

    extra: str | None = "audio"

    def content(self, schemas: Schemas, *, batches: bool) -> Mapping[str, Schema]:
        return {media: {"type": "string", "format": "binary"} for media in FORMATS}

    def encode(self, outputs: Sequence[Audio], client: Client, *, many: bool) -> Encoded:
        (audio,) = outputs
        return encoded(audio, chosen(client.accept, tuple(FORMATS)))


def encoded(audio: Audio, media_type: str) -> Encoded:
    """The audio as a file of one of FORMATS; `x-warning` tells where samples had to be changed to fit.

    Raises InferenceFailed (424) where there is no sound in it.
    """
    form = FORMATS[media_type]
    samples = np.atleast_2d(as_float(np.asarray(audio.samples))).T  # (frames, channels)
    if not samples.size:
        raise InferenceFailed("The model made no sound for this input; try another one")
    if samples.shape[1] > form.channels:
        samples = samples.mean(1, keepdims=True)
    rate = min((known for known in form.rates if known >= audio.rate), default=max(form.rates, default=audio.rate))
    if form.rates and rate != audio.rate:
        samples = soxr.resample(samples.astype(np.float32), audio.rate, rate)
    pcm, warning = _pcm(samples)
    headers = {"x-compute-audio-length": f"{audio.seconds:.3f}", **warning}
    return Encoded(form.write(pcm, rate), media_type, headers)


def _pcm(samples: npt.NDArray[Any]) -> tuple[Pcm, dict[str, str]]:
    """16-bit samples of floating ones, and a warning where they are not the model's own: full scale is 1."""
    finite = np.isfinite(samples)
    scaled = np.rint(np.where(finite, samples, 0).astype(np.float64) * FULL_SCALE)
    beyond = np.abs(scaled) > FULL_SCALE
    found = {"were no numbers and became silence": ~finite, "were beyond full scale and were cut to it": beyond}
    told = [f"{share:.2%} of the samples {what}" for what, bad in found.items() if (share := bad.mean()) > 0]
    pcm = scaled.clip(-FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
    return pcm, {"x-warning": "; ".join(told)} if told else {}
