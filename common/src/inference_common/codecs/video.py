"""Videos, by PyAV: bytes in, and frames of them once it is known which."""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

import av
import numpy as np
from av.container import InputContainer
from PIL import Image

from .. import account
from ..errors import InferenceError, TooLarge, UnsupportedMedia
from ..task import Limits
from .media import MediaInput, alone
from .metadata.id3 import without_id3

FORMATS = "mov,matroska,avi,mpegts,mpeg,flv,asf,ogg,gif"
"""The containers that are opened: others (playlists, SDP) would have the library open files and sockets itself."""
TAKEN = "MP4, MOV, WebM, MKV, AVI, MPEG, FLV, WMV, OGV or GIF"
DECODED = 64
"""How many frames of the largest size one request may have decoded: all those before a sampled one are, too."""

COVER = av.stream.Disposition.attached_pic
"""What marks a picture that belongs to a sound or a film: no video."""
DECODER_BYTES = 28
"""That decoding takes for a pixel of one frame, of H.264 as measured, since its frames refer to many before them."""


@dataclass(frozen=True)
class Video:
    """A video whose beginning was seen to be sound; `seconds` is what its header tells, 0 where that tells nothing."""

    body: bytes
    limits: Limits
    seconds: float

    def sampled(self, count: int, rate: int = 1) -> Iterator[Image.Image]:
        """`count` frames spread over the first `count * rate`, mode RGB, upright; past the end, the last one again.

        Raises TooLarge (413) past the limits of pixels and seconds, UnsupportedMedia (415) where a frame is damaged.
        """
        wanted = np.linspace(0, count * rate - 1, num=count, dtype=np.int64).tolist()
        given, frame = 0, None
        for number, frame in enumerate(_decoded(self.body, self.limits)):
            if number == wanted[given]:
                given += 1
                yield _upright(frame)
            if given == count:
                return
        if frame is None:
            raise UnsupportedMedia(f"The video holds no frame; send a whole file, as {TAKEN}")
        last = _upright(frame)
        for _ in range(given, count):
            yield last


def read_video(body: bytes, limits: Limits) -> Video:
    """A video that opens, and whose first frame decodes; without its ID3 tags.

    Raises UnsupportedMedia (415), TooLarge (413) for a header that tells more than the limits, Overloaded (429).
    """
    body = without_id3(body)
    frames = _decoded(body, limits)
    if next(frames, None) is None:
        raise UnsupportedMedia(f"The video holds no frame; send a whole file, as {TAKEN}")
    frames.close()
    with _opened(body, limits) as container:
        return Video(body, limits, (container.duration or 0) / av.time_base)


def video_input() -> MediaInput[Video, Video]:
    """The input codec of every task that takes one video and nothing beside it."""
    return MediaInput("video", read_video, alone, _metered, "video", "video")


def _metered(items: Sequence[Video]) -> Mapping[str, str]:
    return {"x-compute-video-length": f"{sum(video.seconds for video in items):.3f}"}


def _opened(body: bytes, limits: Limits) -> InputContainer:
    containers = {"format_whitelist": FORMATS, "protocol_whitelist": "none"}
    decoders = {"max_pixels": str(limits.pixels)}  # also of pictures beside the video, as the file is opened
    return av.open(io.BytesIO(body), "r", options=decoders, container_options=containers, metadata_errors="replace")


def _decoded(body: bytes, limits: Limits) -> Generator[av.VideoFrame, None, None]:
    """Every frame in order, within the limits."""
    try:
        with _opened(body, limits) as container:
            stream = next((one for one in container.streams.video if not one.disposition & COVER), None)
            if stream is None:
                raise UnsupportedMedia(f"The body holds no video; send {TAKEN}")
            if stream.codec_context is None:
                raise UnsupportedMedia("The video is of a codec that this server does not read; send H.264 or VP9")
            _bound_size(stream.width, stream.height, limits)
            account.take(DECODER_BYTES * stream.width * stream.height)
            _bound_seconds((container.duration or 0) / av.time_base, limits)
            pixels = 0
            for frame in container.decode(stream):
                _bound_size(frame.width, frame.height, limits)  # a stream may change its size
                _bound_seconds(frame.time or 0.0, limits)
                pixels += frame.width * frame.height
                if pixels > DECODED * limits.pixels:
                    raise TooLarge("So many frames of this video cannot be decoded for one request; ask for fewer")
                yield frame
    except InferenceError:
        raise
    except MemoryError:
        raise TooLarge(
            f"A frame of the video is larger than {limits.pixels:,} pixels (MAX_PIXELS); send a smaller one"
        ) from None
    except (av.FFmpegError, ValueError, OverflowError):
        raise UnsupportedMedia(f"The body is not a video that this server reads, or damaged; send {TAKEN}") from None


def _bound_size(width: int, height: int, limits: Limits) -> None:
    if width * height > limits.pixels:
        raise TooLarge(
            f"The video has {width:,} x {height:,} pixels, and at most {limits.pixels:,} (MAX_PIXELS) are taken; send a"
            " smaller one"
        )


def _bound_seconds(seconds: float, limits: Limits) -> None:
    if seconds > limits.seconds:
        raise TooLarge(f"The video is longer than {limits.seconds:,g} s (MAX_SECONDS); send a part of it")


def _upright(frame: av.VideoFrame) -> Image.Image:
    image = Image.fromarray(frame.to_ndarray(format="rgb24"))
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image
