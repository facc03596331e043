"""visual-question-answering: by a network that chooses among answers (ViLT), or one that writes them (BLIP)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks.multimodal import AskedImage, VisualAnswer, VisualQuestionAnsweringParams
from inference_common.warning_headers import warnings_of_inputs
from transformers import AutoModelForVisualQuestionAnswering

from ._generate import Writer
from ._shared import TextPipeline, label_of
from ._vision import Features, ImagePipeline

Answers = list[VisualAnswer]


class VisualQuestionAnswering(
    ImagePipeline[AskedImage, VisualQuestionAnsweringParams, Answers],
    TextPipeline[AskedImage, VisualQuestionAnsweringParams, Answers],
):
    auto = AutoModelForVisualQuestionAnswering

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        writes = self.network.can_generate()
        self.writer = Writer(self.network, self.tokenizer.pad_token_id) if writes else None

    def __call__(self, inputs: AskedImage, params: VisualQuestionAnsweringParams) -> Answers:
        return self.batch([inputs], params)[0]

    def cost(self, inputs: AskedImage) -> int:
        return self.tokens(inputs.question)

    def warnings(
        self, inputs: Sequence[AskedImage], costs: Sequence[int], params: VisualQuestionAnsweringParams
    ) -> Sequence[str]:
        questions = [(one.question, cost) for one, cost in zip(inputs, costs, strict=True)]
        return warnings_of_inputs([self.cut(*one, what="question") for one in questions])

    @torch.inference_mode()
    def batch(self, inputs: Sequence[AskedImage], params: VisualQuestionAnsweringParams) -> Sequence[Answers]:
        prepared = [self.prepare(asked.image) for asked in inputs]
        if self.writer is not None:
            # Some of these read padding as if it were asked, so only questions of equal length go together.
            for features, asked in zip(prepared, inputs, strict=True):
                features.update(self.encode([asked.question], return_token_type_ids=False))
            return self.in_groups(prepared, lambda features, places: self._written(features))
        questions = [asked.question for asked in inputs]
        return self.in_groups(
            prepared,
            lambda features, places: self._chosen({**features, **self.encode([questions[n] for n in places])}, params),
        )

    def _chosen(self, features: Features, params: VisualQuestionAnsweringParams) -> list[Answers]:
        """The likeliest of the answers that the network knows."""
        scores = self.network(**features).logits.float().sigmoid()
        best = scores.topk(min(params.top_k, scores.shape[1]))
        return [
            [{"answer": label_of(self.network, n), "score": score} for n, score in zip(places, row, strict=True)]
            for places, row in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        ]

    def _written(self, features: Features) -> list[Answers]:
        """The one answer that the network writes, and how probable it is."""
        assert self.writer is not None
        written, likely = self.writer.with_probability(features)
        texts = self.tokenizer.batch_decode(written, skip_special_tokens=True)
        return [[{"answer": text.strip(), "score": score}] for text, score in zip(texts, likely, strict=True)]
