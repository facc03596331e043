"""Audio in: bytes of any common container, of any sampling rate and number of channels, to one waveform."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from .. import account
from ..errors import TooLarge, UnsupportedMedia
from ..task import Limits
from .media import MediaInput, alone
from .metadata.id3 import without_id3

Waveform = npt.NDArray[np.float32]
FORMATS = "flac, wav, ogg, mp3, m4a, aac, webm, mp4, aiff"
LEAST_RATE, MOST_RATE = 1_000, 768_000  # Hz; nobody records outside of it, and a resampler's filter grows with it
KEPT_RATE = 48_000  # Hz; above it no network listens, and half an hour of silence would fill the memory
SAMPLES_A_SECOND = 96_000  # most on average, over all channels: silence in many channels is small until it is decoded
SAMPLE_BYTES = 4  # of float32
BLOCK = 1 << 18  # samples decoded at once, over all channels
UNKNOWN_LENGTH = 1 << 60  # libsndfile's frames of a file that does not say; those of MPEG are guessed of its size
# What libsndfile reads well, by its first bytes: asked for anything, it would also try formats nobody sends. Vorbis
# takes it twice as long as FFmpeg, which leaves out the first frames of some files.
SNDFILE = (b"RIFF", b"RF64", b"fLaC", b"OggS", b"FORM", b"caff", b".snd")
# FFmpeg's readers that take their data from the bytes given; its playlists, say, would open what a playlist names.
TELL_LENGTH = ("mov", "matroska", "ogg", "flac", "caf", "asf")
"""Containers of FFmpeg that tell how long they last; of others that is guessed of their size, with all metadata."""
NO_PICTURES = {"max_pixels": "1"}
"""Of FFmpeg's decoders: a cover would be decoded as the file is opened, whatever its size."""
FFMPEG = "aac,aiff,amr,asf,au,caf,flac,flv,matroska,mov,mp3,mpegts,ogg,w64,wav"


@dataclass(frozen=True, eq=False)
class Audio:
    """Sound. `samples` are of shape (frames,), or (channels, frames) from a model that makes several channels; those
    decoded here are float32 in -1 to 1, of one channel; `rate` is in Hz."""

    samples: npt.NDArray[Any]
    rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return float(self.samples.shape[-1] / self.rate)

    def at(self, rate: int) -> Waveform:
        """The waveform at a rate in Hz, float32 of shape (frames,), for audio of one channel."""
        return self.samples if rate == self.rate else soxr.resample(self.samples, self.rate, rate)


def decode(body: bytes, limits: Limits) -> Audio:
    """One waveform of an audio file's bytes: the mean of its channels, at the rate that is wanted (`limits.rate`), or
    at its own up to 48 kHz.

    Raises UnsupportedMedia (415) for what is no audio or is broken, TooLarge (413) for what lasts too long, as its
    header says or as it turns out.
    """
    untagged = without_id3(body)
    try:
        return _decoded(untagged, limits)
    finally:
        account.give_back(0 if untagged is body else len(body))


def _decoded(body: bytes, limits: Limits) -> Audio:
    if body[:4] in SNDFILE:
        try:
            return _sndfile(body, limits)
        except soundfile.SoundFileError:
            pass  # a file that was cut, or a codec that libsndfile lacks: FFmpeg's libraries may read it
    try:
        return _ffmpeg(body, limits)
    except (av.FFmpegError, ValueError):  # the latter for types of samples that PyAV has no array of
        raise _refused("The audio cannot be decoded") from None


def as_float(samples: npt.NDArray[Any]) -> npt.NDArray[np.floating[Any]]:
    """Samples of any type as floats where full scale is 1; what is floating already stays as it is."""
    if samples.dtype.kind == "u":
        half = 1 << (8 * samples.dtype.itemsize - 1)
        return (samples.astype(np.float64) - half) / half
    if samples.dtype.kind == "i":
        return samples.astype(np.float64) / -float(np.iinfo(samples.dtype).min)
    return samples


def meter(items: Sequence[Audio]) -> dict[str, str]:
    """The header that tells the seconds that were sent."""
    return {"x-compute-audio-length": f"{sum(item.seconds for item in items):.3f}"}


AUDIO_INPUT = MediaInput[Audio, Audio]("audio", decode, alone, meter, "audio", "audio")
"""An audio file as the raw body, or in base64."""


class _Gathered:
    """Blocks of one file, made mono and resampled as they come, so that a small file never becomes a large one."""

    def __init__(self, rate: int, limits: Limits) -> None:
        if not LEAST_RATE <= rate <= MOST_RATE:
            raise _refused(f"The audio has a sampling rate of {rate:,} Hz")
        self.frames = 0
        self._rate, self._wanted, self._most = rate, limits.rate or min(rate, KEPT_RATE), limits.seconds
        self._resampler = None if rate == self._wanted else soxr.ResampleStream(rate, self._wanted, 1)
        self._bytes_per_frame = SAMPLE_BYTES * self._wanted / rate
        self._held = 0  # bytes, for the current request
        self._kept = bytearray()  # of float32; grows in place, where joining blocks would hold them twice

    def expect(self, frames: float, channels: int) -> None:
        """Hold the memory that so many frames will take; refuse a file for the length in its header."""
        most = self._most * SAMPLES_A_SECOND
        if frames > self._most * self._rate or frames * channels > most:
            taken = f"at most {self._most:g} s (MAX_SECONDS), and {most:,.0f} samples over all channels, are taken"
            raise TooLarge(f"The audio lasts {frames / self._rate:,.0f} s or longer, and {taken}; send it in parts")
        more = int(frames * self._bytes_per_frame) - self._held
        if more > 0:
            account.take(more)
            self._held += more

    def add(self, block: npt.NDArray[Any]) -> None:
        """A block of shape (frames, channels)."""
        self.frames += len(block)
        self.expect(self.frames, block.shape[1])
        # The mean, by a product: NumPy's own takes twenty times as long over so few channels.
        mono = (block @ np.full(block.shape[1], 1 / block.shape[1], block.dtype)).astype(np.float32, copy=False)
        if not np.isfinite(mono).all():
            raise _refused("The audio holds samples that are no finite numbers")
        self._kept += (mono if self._resampler is None else self._resampler.resample_chunk(mono)).data

    def audio(self) -> Audio:
        """All of it; only once there is some."""
        if self._resampler is not None:
            self._kept += self._resampler.resample_chunk(np.zeros(0, np.float32), last=True).data
        account.give_back(max(0, self._held - len(self._kept)))
        return Audio(np.frombuffer(self._kept, np.float32), self._wanted)


def _sndfile(body: bytes, limits: Limits) -> Audio:
    with soundfile.SoundFile(io.BytesIO(body)) as file:
        gathered = _Gathered(file.samplerate, limits)
        if file.frames < UNKNOWN_LENGTH and not file.subtype.startswith("MPEG"):
            gathered.expect(file.frames, file.channels)
        frames = max(1, BLOCK // file.channels)
        while len(block := file.read(frames, dtype="float32", always_2d=True)):
            gathered.add(block)
    if not gathered.frames:
        raise soundfile.SoundFileError("nothing was read")  # as of an Ogg file that was cut
    return gathered.audio()


def _ffmpeg(body: bytes, limits: Limits) -> Audio:
    containers = {"format_whitelist": FFMPEG, "protocol_whitelist": ""}
    with av.open(
        io.BytesIO(body), options=NO_PICTURES, container_options=containers, metadata_errors="replace"
    ) as container:
        if not container.streams.audio:
            raise _refused("The file has no sound track")
        stream = container.streams.audio[0]
        gathered: _Gathered | None = None
        rate = 0
        for frame in _joined(_frames(container, stream)):
            if gathered is None:  # not the rate that the stream tells: some codecs turn out to have twice that
                gathered, rate = _Gathered(frame.sample_rate, limits), frame.sample_rate
                if container.format.name.startswith(TELL_LENGTH):
                    gathered.expect(float((stream.duration or 0) * (stream.time_base or 0)) * rate, 1)
            if frame.sample_rate != rate:
                raise _refused("The audio changes its sampling rate")
            channels = frame.layout.nb_channels
            samples = frame.to_ndarray()
            planes = samples.T if frame.format.is_planar else samples.reshape(-1, channels)
            gathered.add(as_float(planes))
    if gathered is None:
        raise _refused("The audio holds no sound")
    return gathered.audio()


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """What the packets hold. A file cut out of a longer one begins and ends in the middle of a packet: those are left
    out, and one that is broken elsewhere raises FFmpegError."""
    heard, broken = False, None
    for packet in container.demux(stream):
        if broken is not None and packet.size:
            raise broken
        try:
            frames = packet.decode()
        except av.InvalidDataError as error:
            broken = error if heard else None
            continue
        heard = heard or bool(frames)
        yield from frames


def _joined(frames: Iterator[Any]) -> Iterator[Any]:
    """Neighbouring frames of one kind as one: some codecs have five hundred in ten seconds, and to make an array of
    each takes longer than to decode it."""
    kind, queue = None, av.AudioFifo()
    for frame in frames:
        of_frame = frame.format.name, frame.layout.name, frame.sample_rate
        if of_frame != kind:
            yield from _rest(queue)
            kind, queue = of_frame, av.AudioFifo()
        frame.pts = None  # or it would have to follow on the one before
        queue.write(frame)
        if queue.samples * frame.layout.nb_channels >= BLOCK:
            yield from _rest(queue)
    yield from _rest(queue)


def _rest(queue: Any) -> Sequence[Any]:
    whole = queue.read() if queue.samples else None
    return [] if whole is None else [whole]


def _refused(reason: str) -> UnsupportedMedia:
    return UnsupportedMedia(f"{reason}; send one of: {FORMATS}")
