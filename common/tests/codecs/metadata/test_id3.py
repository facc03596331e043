"""Sounds are heard as they are without their tags, and what these hold is never decompressed, nor taken for a film."""

import io
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Mapping

import av
import numpy as np
import pytest
from inference_common import account
from inference_common.account import MemoryAccount
from inference_common.codecs.audio import decode
from inference_common.codecs.metadata.id3 import without_id3
from inference_common.codecs.video import read_video
from inference_common.errors import TooLarge, UnsupportedMedia
from inference_common.samples import sample
from inference_common.task import Limits
from toys.sounds import ffmpeg, sndfile

LIMITS = Limits(1, 1, seconds=10, pixels=10_000)
MIB = 1 << 20
SOUNDS: Mapping[str, bytes] = {
    "mp3": ffmpeg("mp3", "libmp3lame", 16000, "mono"),
    "aac": ffmpeg("adts", "aac", 16000, "mono"),
    "flac": sample("audio.flac"),
    "wav": sndfile("WAV", "PCM_16", 8000, 1),
    "aiff": sndfile("AIFF", "PCM_16", 8000, 1),
    "wav of mp3": ffmpeg("wav", "libmp3lame", 16000, "mono"),  # which libsndfile does not read
}


def seven_bits(count: int) -> bytes:
    return bytes(count >> shift & 0x7F for shift in (21, 14, 7, 0))


def tag(*frames: bytes, version: int = 4, flags: int = 0) -> bytes:
    data = b"".join(frames)
    return b"ID3" + bytes([version, 0, flags]) + seven_bits(len(data)) + data


def frame(name: bytes, data: bytes, *, compressed: bool = False) -> bytes:
    """A frame of version 4."""
    if compressed:
        data = seven_bits(len(data)) + zlib.compress(data, 9)
    return name + seven_bits(len(data)) + (b"\0\x09" if compressed else b"\0\0") + data


def chunk(name: bytes, data: bytes, order: str = "<") -> bytes:
    return name + struct.pack(f"{order}L", len(data)) + data + b"\0" * (len(data) % 2)


def png_of(width: int, height: int) -> bytes:
    """A PNG of one grey, small however large the picture is."""
    packed = zlib.compressobj(9)
    rows = b"".join([packed.compress(bytes(1 + width // 8)) for _ in range(height)] + [packed.flush()])
    parts = ((b"IHDR", struct.pack(">LLBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b""))
    told = (struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))
            for kind, data in parts)  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(told)


TEXT = frame(b"TXXX", b"\3name\0" + b"a" * 10 * MIB)
COVER = frame(b"APIC", b"\0image/png\0\3\0" + sample("image.png"))
BOMB = frame(b"TXXX", b"\3name\0" + bytes(100 * MIB), compressed=True)
HUGE_COVER = frame(b"APIC", b"\0image/png\0\3\0" + png_of(30_000, 20_000))


def inside(body: bytes, at: bytes, told: bytes) -> bytes:
    """With a chunk before the one of this name."""
    return body.replace(at, told + at, 1)


def tagged(kind: str, told: bytes) -> tuple[str, Callable[[], bytes]]:
    """A sound after a tag of one frame."""
    return kind, lambda: tag(told) + SOUNDS[kind]


FILES: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    **{f"{kind}, text": tagged(kind, TEXT) for kind in ("mp3", "aac", "flac", "wav")},
    **{f"{kind}, cover": tagged(kind, COVER) for kind in ("mp3", "aac", "flac")},
    **{f"{kind}, bomb": tagged(kind, BOMB) for kind in ("mp3", "aac", "flac", "wav")},
    "mp3, several": ("mp3", lambda: tag(COVER) + tag(TEXT, version=3) + tag(b"") + SOUNDS["mp3"]),
    "mp3, large picture": ("mp3", lambda: tag(HUGE_COVER) + SOUNDS["mp3"]),
    "mp3, text after": ("mp3", lambda: SOUNDS["mp3"] + b"TAG" + bytes(125)),
    "wav, list": ("wav", lambda: inside(SOUNDS["wav"], b"data", chunk(b"LIST", b"INFO" + bytes(10 * MIB)))),
    "wav, text": ("wav", lambda: inside(SOUNDS["wav"], b"data", chunk(b"LIST", b"INFO" + chunk(b"INAM", b"a" * MIB)))),
    "wav, broken list": ("wav", lambda: inside(SOUNDS["wav"], b"data", chunk(b"LIST", b"INFOINAM\xff\xff\xff\x7f"))),
    "wav, bomb": ("wav", lambda: inside(SOUNDS["wav"], b"data", chunk(b"id3 ", tag(BOMB)))),
    "wav of mp3, bomb": ("wav of mp3", lambda: inside(SOUNDS["wav of mp3"], b"data", chunk(b"id3 ", tag(BOMB)))),
    "wav of mp3, bomb after": ("wav of mp3", lambda: SOUNDS["wav of mp3"] + chunk(b"id3 ", tag(BOMB))),
    "aiff, bomb": ("aiff", lambda: inside(SOUNDS["aiff"], b"SSND", chunk(b"ID3 ", tag(BOMB), ">"))),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_tags_leave_the_sound_as_it_is(kind: str) -> None:
    name, write = FILES[kind]
    heard, plain = decode(write(), LIMITS).samples, decode(SOUNDS[name], LIMITS).samples
    np.testing.assert_allclose(heard, plain, atol=1e-5)  # MPEG in WAV is read by one library or by the other


@pytest.mark.parametrize("kind", [kind for kind in FILES if "bomb" in kind or "large" in kind])
def test_what_a_tag_unpacks_to_costs_nothing(kind: str) -> None:
    code = """
import resource, sys
from inference_common.codecs.audio import decode
from inference_common.task import Limits
body = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
decode(body, Limits(1, 1))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    there = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, input=FILES[kind][1](), capture_output=True, check=True, env=there)
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(ran.stdout) * unit < 40 * MIB


def test_a_tag_between_frames_is_passed_over() -> None:
    aac = SOUNDS["aac"]
    for told in (tag(BOMB), tag(BOMB, flags=0x40), tag(COVER, BOMB)):
        assert len(without_id3(aac + told + aac)) == len(aac + told + aac)
        assert b"ID3" not in without_id3(aac + told + aac)
    assert without_id3(aac + tag(COVER) + aac) == aac + tag(COVER) + aac


def test_what_has_no_tag_is_not_copied() -> None:
    for body in SOUNDS.values():
        assert without_id3(body) is body or body[:3] == b"ID3"
    lies = b"ID3\4\0\0\x7f\x7f\x7f\x7f" + SOUNDS["mp3"]
    assert without_id3(lies) is lies


def test_the_memory_of_a_copy_is_held_while_there_is_one() -> None:
    whole = MemoryAccount(1_000_000)
    account.reserve(whole)
    decode(tag(frame(b"TXXX", bytes(500_000))) + SOUNDS["flac"], LIMITS)
    assert whole.used < 200_000
    with pytest.raises(TooLarge, match="MAX_REQUEST_MEMORY_MIB"):
        decode(tag(frame(b"TXXX", bytes(1_000_000))) + SOUNDS["flac"], LIMITS)
    account.release()


@pytest.mark.parametrize(
    "body",
    [
        tag(b"") * 1_001 + SOUNDS["mp3"],
        SOUNDS["aac"] + tag(b"") * 1_001,
        SOUNDS["aac"] + tag(frame(b"aaaa", b"") * 200_000),
    ],
)
def test_a_file_of_countless_tags_is_refused(body: bytes) -> None:
    with pytest.raises(UnsupportedMedia, match="send it without"):
        decode(body, LIMITS)


def film(*kinds: str) -> bytes:
    """A file of a sound, with a cover, a film, or both."""
    written = io.BytesIO()
    with av.open(written, "w", format="mp4") as file:
        streams = [file.add_stream("mjpeg" if kind == "cover" else "mpeg4", rate=5) for kind in kinds]
        heard = file.add_stream("aac", rate=16000, layout="mono")
        for stream, kind in zip(streams, kinds, strict=True):
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p" if kind == "cover" else "yuv420p"
            if kind == "cover":
                stream.disposition = av.stream.Disposition.attached_pic
        for stream in streams:
            shown = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            file.mux([*stream.encode(shown), *stream.encode(None)])
        played = av.AudioFrame.from_ndarray(np.full((1, 1024), 0.5, np.float32), format="fltp", layout="mono")
        played.sample_rate = 16000
        file.mux([*heard.encode(played), *heard.encode(None)])
    return written.getvalue()


def test_a_cover_is_no_film() -> None:
    with av.open(io.BytesIO(film("cover"))) as file:
        assert [stream.type for stream in file.streams] == ["audio", "video"]
    with pytest.raises(UnsupportedMedia, match="no video"):
        read_video(film("cover"), LIMITS)
    (seen,) = read_video(film("film", "cover"), LIMITS).sampled(1)
    assert seen.size == (64, 48)
    assert decode(film("cover", "film"), LIMITS).samples.any()
