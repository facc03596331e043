"""zero-shot-object-detection: boxes around the things that the caller names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace

import torch
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks.detection import Detection, ZeroShotObjectDetectionParams
from PIL.Image import Image
from transformers import AutoModelForZeroShotObjectDetection

from ._labels import LabelLengths, batches
from ._shared import longest_of, tokenizer_of
from ._vision import Features, ImagePipeline, box_of, sizes

SEPARATE = ("owlvit", "owlv2")
"""Models that score each text by itself, whatever others are asked with it: one look at the image is enough."""
AT_ONCE = 8  # labels; each costs the others a look at the image


class ZeroShotObjectDetection(ImagePipeline[Image, ZeroShotObjectDetectionParams, list[Detection]]):
    auto = AutoModelForZeroShotObjectDetection

    max_batch_size = 1  # the labels of one image are a batch

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        self.tokenizer = tokenizer_of(self.folder)
        self.label_lengths = LabelLengths(self.tokenizer)
        self.is_separate = self.network.config.model_type in SEPARATE

    @torch.inference_mode()
    def __call__(self, inputs: Image, params: ZeroShotObjectDetectionParams) -> list[Detection]:
        labels = params.candidate_labels
        features = self.prepare(inputs)
        outputs = self._together(features, labels) if self.is_separate else self._one_by_one(features, labels)
        found: list[Detection] = []
        for label, output in zip(labels, outputs, strict=True):
            one = self.processor.post_process_object_detection(
                outputs=output, threshold=params.threshold, target_sizes=sizes([inputs], [0])
            )[0]
            rows = zip(one["scores"].tolist(), one["boxes"].tolist(), strict=True)
            found += [{"label": label, "score": score, "box": box_of(box)} for score, box in rows if score]
        return sorted(found, key=lambda detection: -detection["score"])

    def _together(self, features: Features, labels: Sequence[str]) -> Iterator[SimpleNamespace]:
        for some in batches(labels):
            outputs = self.network(**self._texts(some), **features)
            for n in range(len(some)):
                yield SimpleNamespace(logits=outputs.logits[..., n : n + 1], pred_boxes=outputs.pred_boxes)

    def _one_by_one(self, features: Features, labels: Sequence[str]) -> Iterator[SimpleNamespace]:
        # Grounding DINO reads phrases that end with a full stop.
        phrases = [f"{label.strip(' .').lower()}." for label in labels]
        for start in range(0, len(phrases), AT_ONCE):
            texts = self._texts(phrases[start : start + AT_ONCE])
            count = len(texts["input_ids"])
            outputs = self.network(**texts, **{name: value.expand(count, *value.shape[1:])
                                               for name, value in features.items()})  # fmt: skip
            for n in range(count):
                logits, boxes = outputs.logits[n : n + 1], outputs.pred_boxes[n : n + 1]
                yield SimpleNamespace(logits=logits, pred_boxes=boxes)

    def warnings(
        self, inputs: Sequence[Image], costs: Sequence[int], params: ZeroShotObjectDetectionParams
    ) -> Sequence[str]:
        return self.label_lengths.warnings(params.candidate_labels, self._longest_text)

    @property
    def _longest_text(self) -> int:
        return longest_of(self.network.config.get_text_config(), self.tokenizer, 256)

    def _texts(self, texts: Sequence[str]) -> Features:
        most = self._longest_text
        return self.moved(
            self.tokenizer(list(texts), padding=True, truncation=True, max_length=most, return_tensors="pt")
        )
