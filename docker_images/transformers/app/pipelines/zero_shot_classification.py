"""zero-shot-classification: the caller's own labels of a text, by whether it entails a sentence about each."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import torch
from inference_common.errors import InvalidRequest
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks.classification import ZeroShot, ZeroShotParams
from inference_common.warning_headers import cut_warnings, warnings_of_inputs
from transformers import AutoModelForSequenceClassification

from ._rows import Row, RowsPipeline

TEMPLATE = "This example is {}."


class ZeroShotClassification(RowsPipeline[str, ZeroShotParams, ZeroShot]):
    auto = AutoModelForSequenceClassification
    outputs = ("logits",)
    max_batch_size = 8  # texts; each is read once a label

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        labels: dict[str, Any] = dict(self.network.config.label2id or {})
        # As the library's own pipeline: the last label where none is named so, and `contradiction` the first one.
        self.entailment = next((n for name, n in labels.items() if name.lower().startswith("entail")), -1)
        self.contradiction = -1 if self.entailment == 0 else 0
        takes_cache = "use_cache" in inspect.signature(self.network.forward).parameters
        self.options = {"use_cache": False} if takes_cache else {}

    def __call__(self, inputs: str, params: ZeroShotParams) -> ZeroShot:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[str], params: ZeroShotParams) -> Sequence[ZeroShot]:
        labels = params.candidate_labels
        sentences = _sentences(params)
        self._refuse_too_long(sentences)
        rows = [row for text in inputs for row in self._pairs(text, sentences)]
        logits = torch.stack(self.run(rows, lambda output: output.logits, lambda n, one: one, **self.options))
        by_text = logits.reshape(len(inputs), len(labels), -1)
        return [
            _ranked(text, labels, self._scores(one, bool(params.multi_label)))
            for text, one in zip(inputs, by_text, strict=True)
        ]

    def cost(self, inputs: str) -> int:
        return self.tokens(inputs)

    def warnings(self, inputs: Sequence[str], costs: Sequence[int], params: ZeroShotParams) -> Sequence[str]:
        sentences, alone = _sentences(params), self.special[False]
        # No tokenizer makes more tokens than a text has bytes, but for a few special ones.
        if max(costs) + self.special[True] + max(len(one.encode()) for one in sentences) < self.longest:
            return ()
        room = self.longest - self.special[True] - max(map(self.length, sentences)) + alone
        cut = [cut_warnings(self.length(text) - alone, max(0, room)) for text in inputs]
        return warnings_of_inputs(cut)

    def _pairs(self, text: str, sentences: Sequence[str]) -> list[Row]:
        """The text with each sentence; a long text is cut, a sentence never."""
        encoded = self.tokenizer(
            [text] * len(sentences), list(sentences), truncation="only_first", max_length=self.longest
        )
        return [self.row(encoded, n) for n in range(len(sentences))]

    def _refuse_too_long(self, sentences: Sequence[str]) -> None:
        longest = max(sentences, key=self.length)
        room = self.longest - self.special[True] + self.special[False] - 1
        if self.length(longest) > room:
            raise InvalidRequest(
                f"The label in {longest[:60]!r} makes a sentence of more than the {room} tokens that this model reads"
                " beside a text; shorten it"
            )

    def _scores(self, logits: torch.Tensor, multi_label: bool) -> list[float]:
        """Of each label, from logits of shape (labels, classes)."""
        if multi_label or len(logits) == 1:
            chances = logits[:, [self.contradiction, self.entailment]].softmax(-1)[:, 1]
        else:
            chances = logits[:, self.entailment].softmax(0)
        scores: list[float] = chances.tolist()
        return scores


def _sentences(params: ZeroShotParams) -> Sequence[str]:
    return [(params.hypothesis_template or TEMPLATE).replace("{}", label) for label in params.candidate_labels]


def _ranked(text: str, labels: Sequence[str], scores: Sequence[float]) -> ZeroShot:
    order = sorted(range(len(labels)), key=lambda n: -scores[n])
    return {"sequence": text, "labels": [labels[n] for n in order], "scores": [scores[n] for n in order]}
