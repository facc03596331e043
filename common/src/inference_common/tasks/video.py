"""Tasks that take a video: video-classification."""

from __future__ import annotations

from pydantic import Field

from ..codecs.json import JsonOutput
from ..codecs.video import Video, video_input
from ..pipeline import Pipeline
from ..samples import as_json, sample
from ..task import BadPayload, Payload, Task
from .classification import ClassificationParams, Label


class VideoClassificationParams(ClassificationParams):
    """Of video-classification; `None` leaves a choice to the model."""

    num_frames: int | None = Field(default=None, gt=0, le=512, strict=True, description="how many frames are looked at")
    frame_sampling_rate: int = Field(
        default=1, gt=0, le=512, strict=True, description="look at one frame of so many, from the beginning"
    )


VideoClassification = Pipeline[Video, VideoClassificationParams, list[Label]]

MP4 = sample("video.mp4")

VIDEO_CLASSIFICATION = Task[Video, VideoClassificationParams, list[Label]](
    name="video-classification",
    input=video_input(),
    params=VideoClassificationParams,
    output=JsonOutput(list[Label]),
    good=(
        Payload(MP4, "video/mp4"),
        Payload(MP4, None, {"top_k": "1"}),
        as_json("video.mp4"),
        as_json("video.mp4", parameters={"frame_sampling_rate": 2, "top_k": 2}),
        as_json("video.mp4", "video", parameters={"frame_sampling_rate": 100, "function_to_apply": "none"}),
    ),
    bad=(
        BadPayload(Payload(b"", "video/mp4"), 400, "empty"),
        BadPayload(Payload(b"/etc/passwd", None), 415, "MP4"),
        BadPayload(Payload(b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n", None), 415, "MP4"),
        BadPayload(Payload(b"ffconcat version 1.0\nfile /etc/passwd\n", None), 415, "MP4"),
        BadPayload(Payload(b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nt=0 0\nm=video 5004 RTP/AVP 96\n", None), 415, "MP4"),
        BadPayload(Payload(sample("image.jpg"), "image/jpeg"), 415, "MP4"),
        BadPayload(Payload(MP4[: len(MP4) // 2], "video/mp4"), 415, "MP4"),
        BadPayload(Payload(b'{"inputs": "not base64!"}'), 400, "base64"),
        BadPayload(as_json("video.mp4", parameters={"num_frames": 0}), 400, "num_frames"),
        BadPayload(as_json("video.mp4", parameters={"frame_sampling_rate": 1.5}), 400, "frame_sampling_rate"),
        BadPayload(as_json("video.mp4", parameters={"frames": 4}), 400, "num_frames"),
    ),
)
