"""audio-classification: labels of a whole sound."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from inference_common.codecs.audio import Audio
from inference_common.tasks.classification import ClassificationParams, Label
from transformers import AutoModelForAudioClassification

from ._audio import AudioPipeline
from ._shared import Features, labelled, scores, usual_activation


class AudioClassification(AudioPipeline[ClassificationParams, list[Label]]):
    auto = AutoModelForAudioClassification

    def __call__(self, inputs: Audio, params: ClassificationParams) -> list[Label]:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Audio], params: ClassificationParams) -> Sequence[list[Label]]:
        activation = params.function_to_apply or usual_activation(self.network)

        def answer(features: Features, places: list[int]) -> list[list[Label]]:
            rows = scores(self.network(**features).logits.float(), activation).tolist()
            return [labelled(row, self.network, params.top_k) for row in rows]

        return self.together([self.waveform(audio) for audio in inputs], answer)
