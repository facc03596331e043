"""zero-shot-audio-classification: which of the caller's labels fits a sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from inference_common.codecs.audio import Audio, Waveform
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks.audio import ZeroShotAudioParams
from inference_common.tasks.classification import Label
from transformers import AutoModel

from ._audio import AudioPipeline
from ._labels import LabelLengths, batches
from ._shared import Features, longest_of, tokenizer_of

TEMPLATE = "This is a sound of {}."


class ZeroShotAudioClassification(AudioPipeline[ZeroShotAudioParams, list[Label]]):
    auto = AutoModel

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        if not hasattr(self.network, "get_audio_features"):
            raise TypeError("this model does not compare sounds with texts, as CLAP does: its task is another one")
        self.tokenizer = tokenizer_of(self.folder)
        self.label_lengths = LabelLengths(self.tokenizer)

    def features(self, waveforms: Sequence[Waveform], **options: Any) -> Features:
        # Parts of a long sound are drawn at random: the same sound shall get the same answer.
        np.random.seed(0)
        return super().features(waveforms, **options)

    def __call__(self, inputs: Audio, params: ZeroShotAudioParams) -> list[Label]:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Audio], params: ZeroShotAudioParams) -> Sequence[list[Label]]:
        texts = _sentences(params)

        def answer(features: Features, places: list[int]) -> list[list[Label]]:
            logits = torch.cat([
                self.network(**self._tokens(some), **features).logits_per_audio.float() for some in batches(texts)
            ], dim=-1)  # fmt: skip
            return [_ranked(params.candidate_labels, row) for row in logits.softmax(-1).tolist()]

        return self.together([self.waveform(audio) for audio in inputs], answer)

    def warnings(self, inputs: Sequence[Audio], costs: Sequence[int], params: ZeroShotAudioParams) -> Sequence[str]:
        return self.label_lengths.warnings(_sentences(params), self._longest_text)

    @property
    def _longest_text(self) -> int:
        return longest_of(self.network.config.get_text_config(), self.tokenizer, 512)

    def _tokens(self, texts: Sequence[str]) -> Features:
        longest = self._longest_text
        return self.moved(
            self.tokenizer(list(texts), padding=True, truncation=True, max_length=longest, return_tensors="pt")
        )


def _sentences(params: ZeroShotAudioParams) -> Sequence[str]:
    template = params.hypothesis_template or TEMPLATE
    return [template.replace("{}", label) for label in params.candidate_labels]


def _ranked(labels: Sequence[str], scores: Sequence[float]) -> list[Label]:
    pairs = sorted(zip(labels, scores, strict=True), key=lambda pair: -pair[1])
    return [{"label": label, "score": score} for label, score in pairs]
