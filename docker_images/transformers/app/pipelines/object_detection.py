"""object-detection: boxes around the things that the model has a name for."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from inference_common.tasks.detection import Detection, ObjectDetectionParams
from PIL.Image import Image
from transformers import AutoModelForObjectDetection

from ._shared import label_of
from ._vision import Features, ImagePipeline, box_of, sizes


class ObjectDetection(ImagePipeline[Image, ObjectDetectionParams, list[Detection]]):
    auto = AutoModelForObjectDetection

    def __call__(self, inputs: Image, params: ObjectDetectionParams) -> list[Detection]:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Image], params: ObjectDetectionParams) -> Sequence[list[Detection]]:
        def answer(features: Features, places: list[int]) -> list[list[Detection]]:
            outputs = self.network(**features)
            found = self.processor.post_process_object_detection(outputs, params.threshold, sizes(inputs, places))
            return [self._detections(one) for one in found]

        return self.in_groups([self.prepare(image) for image in inputs], answer)

    def cost(self, inputs: Image) -> int:
        return inputs.width * inputs.height

    def _detections(self, found: dict[str, torch.Tensor]) -> list[Detection]:
        rows = zip(found["scores"].tolist(), found["labels"].tolist(), found["boxes"].tolist(), strict=True)
        return [
            {"label": label_of(self.network, label), "score": score, "box": box_of(box)} for score, label, box in rows
        ]
