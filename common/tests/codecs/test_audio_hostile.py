import contextlib
import io
import os
import random
import struct
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from inference_common.codecs.audio import decode
from inference_common.errors import TooLarge, UnsupportedMedia
from inference_common.samples import sample
from inference_common.task import Limits
from toys.sounds import ffmpeg, sndfile

LIMITS = Limits(1, 1, seconds=10)


def test_silence_that_packs_well_costs_little_memory() -> None:
    """Ten minutes of stereo, in a fresh process: from 110 kB, with all that decoding takes, to what is kept."""
    written = io.BytesIO()
    with soundfile.SoundFile(written, "w", 48000, 2, subtype="PCM_16", format="FLAC") as file:
        for _ in range(600):
            file.write(np.zeros((48000, 2), np.int16))
    program = (
        "import sys, resource\n"
        "from inference_common.codecs.audio import Limits, decode\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "kept = decode(sys.stdin.buffer.read(), Limits(1, 1, rate=16000)).samples.nbytes\n"
        "print(kept, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)"
    )
    command = [sys.executable, "-c", program]
    there = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, input=written.getvalue(), capture_output=True, check=True, env=there)
    kept, grown = map(int, done.stdout.split())
    assert kept == 600 * 16000 * 4
    assert grown < 2 * kept


def test_many_channels_count_as_their_samples() -> None:
    body = sndfile("FLAC", "PCM_16", 48000, 8, 3)
    assert decode(body, Limits(1, 1, seconds=12)).seconds == pytest.approx(3)
    with pytest.raises(TooLarge, match="960,000 samples"):
        decode(body, LIMITS)


@pytest.mark.defect(9)
@pytest.mark.parametrize("secret", ["secret.wav", "secret.txt"])
def test_a_body_that_names_a_file_reads_no_file(tmp_path: Path, secret: str) -> None:
    file = tmp_path / secret
    file.write_bytes(sndfile("WAV", "PCM_16", 8000, 1))
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{file.as_uri()}\n#EXT-X-ENDLIST\n"
    for body in (str(file), file.as_uri(), playlist, f"ffconcat version 1.0\nfile {file}\n", f"{file}\n{file}\n"):
        with pytest.raises(UnsupportedMedia, match="flac, wav"):
            decode(body.encode(), LIMITS)


def test_no_process_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    for name in ("audio.flac", "audio.m4a", "audio.webm"):
        assert decode(sample(name), LIMITS).seconds > 0.4


@pytest.mark.parametrize(
    "body",
    [
        b"no audio at all, only text " * 40,
        b"\x00" * 4000,
        b"<html></html>",
        sample("audio.flac")[:60],
        sample("audio.flac")[:100] + b"\x00" * 5000,
        sample("audio.wav")[:44],
        sample("audio.m4a")[: len(sample("audio.m4a")) // 2],
        sample("audio.webm")[:200],
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 500,
        struct.pack(">I4s", 8, b"moov") * 2000,
    ],
)
def test_what_is_no_audio_is_refused(body: bytes) -> None:
    with pytest.raises(UnsupportedMedia, match="send one of: flac, wav"):
        decode(body, LIMITS)


def noise(form: str, subtype: str) -> bytes:
    """Five seconds that no codec makes small, so that an Ogg file has several pages."""
    written = io.BytesIO()
    soundfile.write(written, np.random.default_rng(0).normal(0, 0.1, 80_000), 16000, format=form, subtype=subtype)
    return written.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        *(sample(f"audio.{kind}") for kind in ("flac", "webm", "wav")),
        noise("OGG", "VORBIS"),
        ffmpeg("adts", "aac", 16000, "mono", 5),
    ],
    ids=["flac", "webm", "wav", "ogg", "aac"],
)
def test_a_file_that_was_cut_is_heard_as_far_as_it_goes(body: bytes) -> None:
    whole = decode(body, LIMITS)
    cut = decode(body[: len(body) * 2 // 3], LIMITS)
    assert 0.3 * whole.seconds < cut.seconds < 0.9 * whole.seconds


def test_a_file_that_is_broken_inside_is_refused() -> None:
    body = bytearray(ffmpeg("adts", "aac", 16000, "mono"))
    middle = len(body) // 2
    body[middle : middle + 200] = b"\xff" * 200
    with pytest.raises(UnsupportedMedia):
        decode(bytes(body), LIMITS)


def wav(told: int, frames: int, rate: int = 8000, channels: int = 1) -> bytes:
    """A WAV file of silence whose header tells `told` bytes of samples."""
    head = struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16)
    size = struct.pack("<I", told)
    return b"RIFF" + size + b"WAVEfmt " + head + b"data" + size + bytes(frames * channels * 2)


def test_a_header_that_lies_is_not_believed() -> None:
    for told in (0xFFFFFFFF, 0x7FFFFFFF, 10):
        assert decode(wav(told, 800), LIMITS).seconds <= 0.1


def test_a_long_file_is_refused_by_its_header_or_as_it_turns_out() -> None:
    streamed = bytearray(sndfile("FLAC", "PCM_16", 8000, 1, 12))
    streamed[21:26] = bytes([streamed[21] & 0xF0, 0, 0, 0, 0])  # the length: not told
    promised = bytearray(sample("audio.flac"))
    promised[22:26] = (16000 * 3600).to_bytes(4, "big")
    long = (
        wav(12 * 16000, 12 * 8000),
        bytes(streamed),
        bytes(promised),
        ffmpeg("webm", "libopus", 48000, "mono", 11),
        ffmpeg("adts", "aac", 16000, "mono", 11),
        ffmpeg("ipod", "aac", 16000, "stereo", 11),
    )
    for body in long:
        with pytest.raises(TooLarge, match="10 s"):
            decode(body, LIMITS)


@pytest.mark.parametrize("rate", [1, 999, 2_000_000_000])
def test_impossible_rates_are_refused(rate: int) -> None:
    with pytest.raises(UnsupportedMedia, match="sampling rate"):
        decode(wav(800, 400, rate), LIMITS)


def test_samples_that_are_no_numbers_are_refused() -> None:
    body = bytearray(sndfile("WAV", "FLOAT", 8000, 1))
    body[-400:] = struct.pack("<100f", *[float("nan")] * 100)
    with pytest.raises(UnsupportedMedia, match="finite"):
        decode(bytes(body), LIMITS)


def test_a_film_without_sound_is_refused() -> None:
    written = io.BytesIO()
    with av.open(written, "w", format="mp4") as file:
        stream = file.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    with pytest.raises(UnsupportedMedia, match="sound track"):
        decode(written.getvalue(), LIMITS)


def test_random_damage_never_breaks_the_decoder() -> None:
    chance = random.Random(0)
    for name in ("audio.flac", "audio.wav", "audio.ogg", "audio.webm", "audio.m4a") * 60:
        body = bytearray(sample(name))
        for _ in range(chance.choice((1, 3, 30))):
            at = chance.randrange(chance.choice((64, len(body))))
            body[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(6))
        with contextlib.suppress(UnsupportedMedia, TooLarge):
            assert np.isfinite(decode(bytes(body), LIMITS).samples).all()
