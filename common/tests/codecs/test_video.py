import io
import struct
from collections.abc import Iterator

import av
import numpy as np
import pytest
from inference_common import account
from inference_common.account import MemoryAccount
from inference_common.codecs.video import DECODED, Video, read_video, video_input
from inference_common.errors import TooLarge, UnsupportedMedia
from inference_common.samples import sample
from inference_common.task import Limits, Payload

LIMITS = Limits(inputs=1, characters=1, pixels=10_000, seconds=10)
MP4 = sample("video.mp4")


def greys(count: int, size: tuple[int, int] = (64, 48)) -> Iterator[av.VideoFrame]:
    """Frames whose grey tells their number: 0, 4, 8, ..."""
    for n in range(count):
        yield av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), 4 * n % 256, dtype=np.uint8), format="rgb24")


def encoded(count: int = 20, *, container: str = "mp4", codec: str = "mpeg4", rate: int = 10, turned: int = 0,
            size: tuple[int, int] = (64, 48)) -> bytes:  # fmt: skip
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate, bit_rate=10_000_000)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"  # type: ignore[attr-defined]
        if turned:
            stream.set_display_rotation(turned)  # type: ignore[attr-defined]
        for frame in greys(count, size):
            output.mux(stream.encode(frame))  # type: ignore[attr-defined]
        output.mux(stream.encode(None))  # type: ignore[attr-defined]
    return buffer.getvalue()


def numbers(video: Video, count: int, rate: int = 1) -> list[int]:
    """Which frames were sampled."""
    return [round(float(np.asarray(image).mean()) / 4) for image in video.sampled(count, rate)]


@pytest.mark.parametrize(
    ("count", "rate", "expected"),
    [
        (1, 1, [0]),
        (4, 1, [0, 1, 2, 3]),
        (4, 2, [0, 2, 4, 7]),
        (2, 10, [0, 19]),
        (3, 10, [0, 14, 19]),
        (22, 1, [*range(20), 19, 19]),
    ],
)
def test_frames_are_those_asked_for(count: int, rate: int, expected: list[int]) -> None:
    assert numbers(read_video(encoded(), LIMITS), count, rate) == expected


@pytest.mark.parametrize(
    ("container", "codec"),
    [("mp4", "libx264"), ("mov", "mpeg4"), ("webm", "libvpx-vp9"), ("matroska", "libx264"), ("avi", "mpeg4"),
     ("mpegts", "mpeg2video"), ("flv", "flv")],
)  # fmt: skip
def test_every_container_is_read(container: str, codec: str) -> None:
    video = read_video(encoded(100, container=container, codec=codec, rate=25), LIMITS)
    frames = list(video.sampled(2))
    assert [frame.size for frame in frames] == [(64, 48), (64, 48)]
    assert {frame.mode for frame in frames} == {"RGB"}


def test_a_turned_video_is_upright() -> None:
    assert next(read_video(encoded(turned=90), LIMITS).sampled(1)).size == (48, 64)


@pytest.mark.parametrize(
    "body",
    [
        b"/etc/passwd",
        b"\0" * 1000,
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
        sample("image.jpg"),
        MP4[:1000],
        MP4[:-600],
        MP4.replace(b"avcC", b"abcC"),
        struct.pack(">I4s", 8, b"moov") * 2000,
    ],
)
def test_what_is_no_whole_video_is_refused(body: bytes) -> None:
    with pytest.raises(UnsupportedMedia, match="MP4"):
        read_video(body, LIMITS)


def test_a_sound_alone_is_no_video() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=16_000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), dtype=np.float32), format="fltp", layout="mono")
        silence.rate = 16_000
        output.mux(stream.encode(silence))  # type: ignore[attr-defined]
        output.mux(stream.encode(None))  # type: ignore[attr-defined]
    with pytest.raises(UnsupportedMedia, match="no video"):
        read_video(buffer.getvalue(), LIMITS)


def test_damage_behind_the_first_frame_is_told_when_it_is_met() -> None:
    body = bytearray(encoded(20, container="avi"))
    at = body.index(b"movi") + 2000
    body[at:] = b"\xff" * (len(body) - at)
    video = read_video(bytes(body), LIMITS)
    assert len(list(video.sampled(1))) == 1


def test_pixels_and_seconds_are_bounded() -> None:
    with pytest.raises(TooLarge, match="128 x 96 pixels"):
        read_video(encoded(1, size=(128, 96)), LIMITS)
    with pytest.raises(TooLarge, match="longer than 1 s"):
        read_video(encoded(20), Limits(1, 1, seconds=1))


def test_decoding_is_bounded_however_long_the_video_is() -> None:
    video = read_video(encoded(2 * DECODED + 2, rate=100), Limits(1, 1, pixels=64 * 48))
    assert len(list(video.sampled(DECODED))) == DECODED
    with pytest.raises(TooLarge, match="ask for fewer"):
        list(video.sampled(2, DECODED))


def test_its_length_is_metered() -> None:
    codec = video_input()
    decoded = codec.decode(Payload(MP4, "video/mp4"), LIMITS)
    assert codec.meter(decoded.items) == {"x-compute-video-length": "2.000"}


def test_the_memory_of_a_decoder_is_held() -> None:
    whole = MemoryAccount(10**6)
    account.reserve(whole)
    read_video(encoded(size=(64, 48)), LIMITS)
    assert whole.used == 64 * 48 * 28
    with pytest.raises(TooLarge, match="MAX_REQUEST_MEMORY_MIB"):
        read_video(encoded(size=(256, 144)), Limits(1, 1, pixels=100_000))
    account.release()
