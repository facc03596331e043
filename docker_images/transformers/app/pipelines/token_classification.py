"""token-classification: the entities of a text, or the label of each of its tokens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from inference_common.errors import InvalidRequest
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks.tokens import Entity, TokenClassificationParams
from transformers import AutoModelForTokenClassification
from transformers.pipelines.token_classification import AggregationStrategy, TokenClassificationPipeline

from ._rows import RowsPipeline, refuse_windows

OF_WORDS = {"first", "average", "max"}
Encoded = Mapping[str, Any]


class TokenClassification(RowsPipeline[str, TokenClassificationParams, list[Entity]]):
    auto = AutoModelForTokenClassification
    outputs = ("logits",)

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        # The library's own rules of what makes an entity; we only run the network, in batches.
        untyped: Any = TokenClassificationPipeline
        self.rules = untyped(model=self.network, tokenizer=self.tokenizer, device=self.device)
        self.room = self.longest - self.special[False]

    def __call__(self, inputs: str, params: TokenClassificationParams) -> list[Entity]:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[str], params: TokenClassificationParams) -> Sequence[list[Entity]]:
        encoded = [self._windows(text, params.stride) for text in inputs]
        counts = [len(one["input_ids"]) for one in encoded]
        rows = [self.row(one, n) for one, count in zip(encoded, counts, strict=True) for n in range(count)]
        logits = iter(self.run(rows, lambda output: output.logits))
        return [
            self._entities(text, one, [next(logits) for _ in range(count)], params)
            for text, one, count in zip(inputs, encoded, counts, strict=True)
        ]

    def check(self, params: TokenClassificationParams) -> None:
        strategy = params.aggregation_strategy
        if not self.tokenizer.is_fast and (strategy in OF_WORDS or params.stride is not None):
            raise InvalidRequest("This model's tokenizer does not tell words; send aggregation_strategy none or simple")
        if params.stride is not None and params.stride >= self.room:
            raise InvalidRequest(f"stride is {params.stride}, and this model reads {self.room} tokens; send less")

    def cost(self, inputs: str) -> int:
        return self.tokens(inputs)

    def warnings(self, inputs: Sequence[str], costs: Sequence[int], params: TokenClassificationParams) -> Sequence[str]:
        return super().warnings(inputs, costs, params) if params.stride is None else ()

    def _windows(self, text: str, stride: int | None) -> Encoded:
        if stride is not None:
            refuse_windows(self.length(text) - self.special[False], self.room, stride, "stride")
        overlap = {} if stride is None else {"stride": stride, "return_overflowing_tokens": True}
        encoded: Encoded = self.tokenizer(
            [text],
            truncation=True,
            max_length=self.longest,
            return_offsets_mapping=self.tokenizer.is_fast,
            return_special_tokens_mask=True,
            **overlap,
        )
        return encoded

    def _entities(
        self, text: str, encoded: Encoded, logits: Sequence[torch.Tensor], params: TokenClassificationParams
    ) -> list[Entity]:
        strategy = AggregationStrategy(params.aggregation_strategy or "simple")
        ignored = ["O"] if params.ignore_labels is None else list(params.ignore_labels)
        found = self.rules.postprocess(list(_chunks(text, encoded, logits)), strategy, ignored)
        return [_entity(one) for one in found]


def _chunks(text: str, encoded: Encoded, logits: Sequence[torch.Tensor]) -> Iterator[dict[str, Any]]:
    """The windows as the library's pipeline hands them to its own rules: tensors of shape (1, tokens, ...)."""
    for n, one in enumerate(logits):
        names = ("input_ids", "special_tokens_mask", "offset_mapping")
        parts = {name: torch.tensor([encoded[name][n]]) if name in encoded else None for name in names}
        yield {**parts, "sentence": text, "logits": one[None]}


def _entity(found: Mapping[str, Any]) -> Entity:
    """One finding of the library, its numbers plain; without aggregation a token is its own group."""
    entity: Entity = {
        "entity_group": found["entity_group"] if "entity_group" in found else found["entity"],
        "score": float(found["score"]),
        "word": found["word"],
        "start": found["start"],
        "end": found["end"],
    }
    if "entity" in found:
        entity["entity"] = found["entity"]
        entity["index"] = int(found["index"])
    return entity
