"""video-classification: labels of a whole video."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from inference_common.cancel import checkpoint
from inference_common.codecs.video import Video
from inference_common.errors import InvalidRequest
from inference_common.tasks.classification import Label
from inference_common.tasks.video import VideoClassificationParams
from transformers import AutoModelForVideoClassification

from ._shared import labelled, scores, usual_activation
from ._vision import Features, ImagePipeline

TOP_K = 5
ANY_NUMBER = ("timesformer",)
"""Models that stretch what they learnt of time over any number of frames."""


class VideoClassification(ImagePipeline[Video, VideoClassificationParams, list[Label]]):
    auto = AutoModelForVideoClassification

    max_batch_size = 4

    def __call__(self, inputs: Video, params: VideoClassificationParams) -> list[Label]:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Video], params: VideoClassificationParams) -> Sequence[list[Label]]:
        activation = params.function_to_apply or usual_activation(self.network)

        def answer(features: Features, places: list[int]) -> list[list[Label]]:
            rows = scores(self.network(**features).logits.float(), activation).tolist()
            return [labelled(row, self.network, params.top_k or TOP_K) for row in rows]

        return self.in_groups([self._prepared(video, params) for video in inputs], answer)

    def check(self, params: VideoClassificationParams) -> None:
        config = self.network.config
        if params.num_frames not in (None, config.num_frames) and config.model_type not in ANY_NUMBER:
            raise InvalidRequest(f"This model looks at {config.num_frames} frames; do not send another num_frames")

    def _prepared(self, video: Video, params: VideoClassificationParams) -> Features:
        """Pixels of shape (1, frames, channels, height, width): a frame is shrunk before the next is decoded."""
        frames = params.num_frames or int(self.network.config.num_frames)
        each = []
        for frame in video.sampled(frames, params.frame_sampling_rate):
            checkpoint()
            each.append(self.processor([[frame.convert(self.image_mode)]], return_tensors="pt")["pixel_values"])
        return self.moved({"pixel_values": torch.cat(each, dim=1)})
