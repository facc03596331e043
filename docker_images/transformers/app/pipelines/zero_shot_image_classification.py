"""zero-shot-image-classification: which of the caller's labels an image fits best."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks.classification import Label
from inference_common.tasks.image import ZeroShotImageClassificationParams
from PIL.Image import Image
from transformers import AutoModelForZeroShotImageClassification

from ._labels import LabelLengths, batches
from ._shared import longest_of, tokenizer_of
from ._vision import Features, ImagePipeline


class ZeroShotImageClassification(ImagePipeline[Image, ZeroShotImageClassificationParams, list[Label]]):
    auto = AutoModelForZeroShotImageClassification
    of_the_whole = True

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        self.tokenizer = tokenizer_of(self.folder)
        self.label_lengths = LabelLengths(self.tokenizer)
        # Trained with a sigmoid per pair, on texts that were all padded to one length.
        self.is_siglip = "siglip" in self.network.config.model_type

    def __call__(self, inputs: Image, params: ZeroShotImageClassificationParams) -> list[Label]:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Image], params: ZeroShotImageClassificationParams) -> Sequence[list[Label]]:
        sentences = _sentences(params)

        def answer(features: Features, places: list[int]) -> list[list[Label]]:
            logits = torch.cat([
                self.network(**self._texts(some), **features).logits_per_image.float() for some in batches(sentences)
            ], dim=-1)  # fmt: skip
            rows = (logits.sigmoid() if self.is_siglip else logits.softmax(-1)).tolist()
            return [_best_first(row, params.candidate_labels) for row in rows]

        return self.in_groups([self.prepare(image) for image in inputs], answer)

    def warnings(
        self, inputs: Sequence[Image], costs: Sequence[int], params: ZeroShotImageClassificationParams
    ) -> Sequence[str]:
        return self.label_lengths.warnings(_sentences(params), self._longest_text)

    @property
    def _longest_text(self) -> int:
        return longest_of(self.network.config.get_text_config(), self.tokenizer, 64)

    def _texts(self, texts: Sequence[str]) -> Features:
        longest = self._longest_text
        padding = "max_length" if self.is_siglip else True
        return self.moved(
            self.tokenizer(list(texts), padding=padding, truncation=True, max_length=longest, return_tensors="pt")
        )


def _sentences(params: ZeroShotImageClassificationParams) -> Sequence[str]:
    return [params.hypothesis_template.replace("{}", label) for label in params.candidate_labels]


def _best_first(row: Sequence[float], labels: Sequence[str]) -> list[Label]:
    found: list[Label] = [{"label": label, "score": score} for label, score in zip(labels, row, strict=True)]
    return sorted(found, key=lambda label: -label["score"])
