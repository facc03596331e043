"""text-classification: labels of a whole text."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from inference_common.tasks.classification import Activation, ClassificationParams, Label
from transformers import AutoModelForSequenceClassification

from ._shared import TextPipeline, labelled, scores


class TextClassification(TextPipeline[str, ClassificationParams, list[Label]]):
    auto = AutoModelForSequenceClassification

    def __call__(self, inputs: str, params: ClassificationParams) -> list[Label]:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[str], params: ClassificationParams) -> Sequence[list[Label]]:
        logits = self.network(**self.encode(inputs)).logits.float()
        rows = scores(logits, params.function_to_apply or self._activation()).tolist()
        return [labelled(row, self.network, params.top_k) for row in rows]

    def cost(self, inputs: str) -> int:
        return self.tokens(inputs)

    def _activation(self) -> Activation:
        """As the library's own pipeline chooses."""
        config = self.network.config
        if config.problem_type == "regression":
            return "none"
        if config.problem_type == "multi_label_classification" or config.num_labels == 1:
            return "sigmoid"
        return "softmax"
