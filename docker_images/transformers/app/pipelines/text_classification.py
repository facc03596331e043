"""text-classification: labels of a whole text."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from inference_common.tasks.classification import ClassificationParams, Label
from transformers import AutoModelForSequenceClassification

from ._shared import TextPipeline, labelled, scores, usual_activation


class TextClassification(TextPipeline[str, ClassificationParams, list[Label]]):
    auto = AutoModelForSequenceClassification
    outputs = ("logits",)
    side_by_side = True

    def __call__(self, inputs: str, params: ClassificationParams) -> list[Label]:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[str], params: ClassificationParams) -> Sequence[list[Label]]:
        logits = self.network(**self.encode(inputs)).logits.float()
        rows = scores(logits, params.function_to_apply or usual_activation(self.network)).tolist()
        return [labelled(row, self.network, params.top_k) for row in rows]

    def cost(self, inputs: str) -> int:
        return self.tokens(inputs)
