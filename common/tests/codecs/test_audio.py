import base64
import json
import os
import subprocess

import numpy as np
import pytest
from inference_common import account
from inference_common.account import MemoryAccount
from inference_common.codecs.audio import AUDIO_INPUT, KEPT_RATE, as_float, decode
from inference_common.errors import TooLarge
from inference_common.samples import sample
from inference_common.task import Limits, Payload
from toys.sounds import HERTZ, ffmpeg, pitch, sndfile, tone

LIMITS = Limits(1, 1, seconds=10)
CONTAINERS = {
    **{f"wav {s}": ("WAV", s) for s in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW")},
    **{f"flac {s}": ("FLAC", s) for s in ("PCM_S8", "PCM_16", "PCM_24")},
    **{"ogg vorbis": ("OGG", "VORBIS"), "mp3": ("MP3", "MPEG_LAYER_III"), "aiff": ("AIFF", "PCM_16")},
    **{"rf64": ("RF64", "PCM_16"), "caf": ("CAF", "PCM_16"), "au": ("AU", "PCM_16"), "w64": ("W64", "PCM_16")},
}
CODECS = [
    ("ipod", "aac", 44100), ("mp4", "aac", 48000), ("mp4", "alac", 44100), ("adts", "aac", 16000),
    ("webm", "libopus", 48000), ("matroska", "pcm_s16le", 22050), ("ogg", "libopus", 48000), ("mov", "pcm_s24le", 8000),
    ("mpegts", "aac", 44100), ("mp3", "libmp3lame", 44100), ("wav", "adpcm_ms", 22050), ("asf", "wmav2", 44100),
    ("flv", "aac", 44100),
]  # fmt: skip
ENCODER_DELAY = 0.1  # seconds that a codec without a length in its header may add


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2), (48000, 2)])
def test_every_kind_of_file(kind: str, rate: int, channels: int) -> None:
    heard = decode(sndfile(*CONTAINERS[kind], rate, channels), LIMITS)
    assert heard.rate == rate
    assert heard.samples.shape == (rate,)
    assert heard.samples.dtype == np.float32
    assert pitch(heard.samples, rate) == pytest.approx(HERTZ, abs=1)
    assert np.abs(heard.samples).max() == pytest.approx(0.5, abs=0.05)


@pytest.mark.defect(8)
def test_no_process_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    body = ffmpeg("ipod", "aac", 44100, "stereo")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    for starts in ("fork", "posix_spawn", "posix_spawnp", "execve"):
        monkeypatch.setattr(os, starts, refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert decode(body, LIMITS).rate == 44100


@pytest.mark.defect(8)
@pytest.mark.parametrize(("container", "codec", "rate"), CODECS)
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_every_kind_of_file_of_ffmpeg(container: str, codec: str, rate: int, layout: str) -> None:
    heard = decode(ffmpeg(container, codec, rate, layout), LIMITS)
    assert heard.rate == rate
    assert heard.seconds == pytest.approx(1, abs=ENCODER_DELAY)
    assert heard.samples.dtype == np.float32
    assert pitch(heard.samples, rate) == pytest.approx(HERTZ, abs=1)
    assert np.abs(heard.samples[rate // 4 : rate // 2]).max() == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize(("form", "subtype"), [("FLAC", "PCM_16"), ("WAV", "PCM_24"), ("OGG", "VORBIS")])
def test_six_channels_become_their_mean(form: str, subtype: str) -> None:
    heard = decode(sndfile(form, subtype, 48000, 6), LIMITS)
    assert pitch(heard.samples, 48000) == pytest.approx(HERTZ, abs=1)
    assert np.abs(heard.samples).max() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("parts", [("mono", "stereo"), ("stereo", "mono", "stereo")])
def test_channels_may_change_midway(parts: tuple[str, ...]) -> None:
    heard = decode(b"".join(ffmpeg("adts", "aac", 16000, layout) for layout in parts), LIMITS)
    assert heard.seconds == pytest.approx(len(parts), abs=ENCODER_DELAY * len(parts))
    for second in range(len(parts)):
        assert pitch(heard.samples[second * 16000 + 4000 : second * 16000 + 14000], 16000) == pytest.approx(
            HERTZ, abs=2
        )


def test_six_channels_of_ffmpeg() -> None:
    heard = decode(ffmpeg("ipod", "aac", 48000, "5.1"), LIMITS)
    assert pitch(heard.samples, 48000) == pytest.approx(HERTZ, abs=1)


@pytest.mark.parametrize("rate", [96000, 192000])
def test_what_nobody_hears_is_not_kept(rate: int) -> None:
    heard = decode(sndfile("FLAC", "PCM_24", rate, 2), LIMITS)
    assert heard.rate == KEPT_RATE
    assert heard.seconds == pytest.approx(1, abs=1e-3)
    assert pitch(heard.samples, heard.rate) == pytest.approx(HERTZ, abs=1)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
@pytest.mark.parametrize("wanted", [8000, 16000, 24000, 48000])
def test_the_wanted_rate_is_made_while_decoding_or_later(rate: int, wanted: int) -> None:
    body = sndfile("FLAC", "PCM_24", rate, 2)
    heard = decode(body, Limits(1, 1, seconds=10, rate=wanted))
    later = decode(body, LIMITS).at(wanted)
    assert heard.rate == wanted
    for waveform in (heard.samples, later):
        assert waveform.dtype == np.float32
        assert len(waveform) == wanted
        assert pitch(waveform, wanted) == pytest.approx(HERTZ, abs=1)
        np.testing.assert_allclose(waveform[1000:-1000], tone(wanted)[1000:-1000, 0], atol=2e-3)
    np.testing.assert_allclose(heard.samples, later, atol=1e-4)


@pytest.mark.parametrize("name", ["audio.flac", "audio.wav", "audio.ogg", "audio.webm", "audio.m4a"])
def test_samples_in_both_forms(name: str) -> None:
    raw = AUDIO_INPUT.decode(Payload(sample(name), None), LIMITS).items
    encoded = json.dumps({"inputs": base64.b64encode(sample(name)).decode()}).encode()
    coded = AUDIO_INPUT.decode(Payload(encoded), LIMITS).items
    np.testing.assert_array_equal(raw[0].samples, coded[0].samples)
    assert float(AUDIO_INPUT.meter(raw)["x-compute-audio-length"]) == pytest.approx(raw[0].seconds, abs=1e-3)


def test_integers_become_floats_of_full_scale() -> None:
    for kind in (np.int8, np.int16, np.int32, np.uint8):
        lowest, highest = np.iinfo(kind).min, np.iinfo(kind).max
        middle = (int(lowest) + int(highest) + 1) // 2
        np.testing.assert_allclose(as_float(np.array([lowest, middle, highest], kind)), [-1, 0, 1], atol=0.01)


@pytest.mark.parametrize("form", ["FLAC", "WAV", "OGG"])
def test_the_memory_of_samples_is_held_before_they_are_decoded(form: str) -> None:
    body = sndfile(form, "VORBIS" if form == "OGG" else "PCM_16", 16_000, 1)
    whole = MemoryAccount(10**7)
    account.reserve(whole)
    samples = decode(body, LIMITS).samples
    assert whole.used == samples.nbytes
    account.take(9 * 10**6 - samples.nbytes - samples.nbytes // 2)
    with pytest.raises(TooLarge, match="MAX_REQUEST_MEMORY_MIB"):
        decode(body, LIMITS)
    account.release()
