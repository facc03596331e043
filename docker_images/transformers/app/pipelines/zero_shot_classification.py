"""zero-shot-classification: the caller's own labels of a text, by whether it entails a sentence about each."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence

import torch
from inference_common.errors import InvalidRequest
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks.classification import ZeroShot, ZeroShotParams
from inference_common.warning_headers import cut_warnings, warnings_of_inputs
from transformers import AutoModelForSequenceClassification, PretrainedConfig

from ._rows import Row, RowsPipeline

TEMPLATE = "This example is {}."


class ZeroShotClassification(RowsPipeline[str, ZeroShotParams, ZeroShot]):
    auto = AutoModelForSequenceClassification
    outputs = ("logits",)
    max_batch_size = 8  # texts; each is read once a label

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        # As the library's own pipeline: the last label where they have no names, and `contradiction` the first one.
        self.entailment = _entailment(self.network.config)
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


def _entailment(config: PretrainedConfig) -> int:
    """The place of the class that says that a sentence follows from a text, by either of a config's maps of labels.

    Raises TypeError for a network whose classes have names, none of which is that: any other would give wrong answers.
    """
    names = {**{str(name): n for n, name in (config.id2label or {}).items()}, **(config.label2id or {})}
    found = next((int(n) for name, n in names.items() if name.lower().startswith("entail")), None)
    if found is None and any(not re.fullmatch(r"LABEL_\d+", name) for name in names):
        listed = ", ".join(sorted(names)[:8])
        raise TypeError(f"this model's labels are {listed}, and none is entailment: it is not made for zero-shot")
    return -1 if found is None else found


def _sentences(params: ZeroShotParams) -> Sequence[str]:
    return [(params.hypothesis_template or TEMPLATE).replace("{}", label) for label in params.candidate_labels]


def _ranked(text: str, labels: Sequence[str], scores: Sequence[float]) -> ZeroShot:
    order = sorted(range(len(labels)), key=lambda n: -scores[n])
    return {"sequence": text, "labels": [labels[n] for n in order], "scores": [scores[n] for n in order]}
