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

from ._labels import batches
from ._vision import Features, ImagePipeline, tokenizer_of


class ZeroShotImageClassification(ImagePipeline[Image, ZeroShotImageClassificationParams, list[Label]]):
    auto = AutoModelForZeroShotImageClassification
    of_the_whole = True

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        self.tokenizer = tokenizer_of(self.folder)
        # Trained with a sigmoid per pair, on texts that were all padded to one length.
        self.is_siglip = "siglip" in self.network.config.model_type

    def __call__(self, inputs: Image, params: ZeroShotImageClassificationParams) -> list[Label]:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Image], params: ZeroShotImageClassificationParams) -> Sequence[list[Label]]:
        sentences = [params.hypothesis_template.replace("{}", label) for label in params.candidate_labels]

        def answer(features: Features, places: list[int]) -> list[list[Label]]:
            logits = torch.cat([
                self.network(**self._texts(some), **features).logits_per_image.float() for some in batches(sentences)
            ], dim=-1)  # fmt: skip
            rows = (logits.sigmoid() if self.is_siglip else logits.softmax(-1)).tolist()
            return [_best_first(row, params.candidate_labels) for row in rows]

        return self.in_groups([self.prepare(image) for image in inputs], answer)

    def _texts(self, texts: Sequence[str]) -> Features:
        text = self.network.config.get_text_config()
        longest = min(int(self.tokenizer.model_max_length), int(getattr(text, "max_position_embeddings", 64)))
        padding = "max_length" if self.is_siglip else True
        return self.moved(
            self.tokenizer(list(texts), padding=padding, truncation=True, max_length=longest, return_tensors="pt")
        )


def _best_first(row: Sequence[float], labels: Sequence[str]) -> list[Label]:
    found: list[Label] = [{"label": label, "score": score} for label, score in zip(labels, row, strict=True)]
    return sorted(found, key=lambda label: -label["score"])
