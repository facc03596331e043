"""fill-mask: words for the masks of a text."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from inference_common.errors import InvalidRequest
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks.tokens import Filled, FillMaskParams
from transformers import AutoModelForMaskedLM

from ._rows import Row, RowsPipeline

USUAL = 5  # words, as the library's own pipeline answers
Answer = list[Filled] | list[list[Filled]]


class FillMask(RowsPipeline[str, FillMaskParams, Answer]):
    auto = AutoModelForMaskedLM
    outputs = ("logits",)
    most_tokens = 2048  # a call's output has the whole vocabulary for each

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        if self.tokenizer.mask_token is None:
            raise TypeError("this model's tokenizer has no mask, so it cannot fill one")
        self.vocabulary = self.tokenizer.get_vocab()

    def __call__(self, inputs: str, params: FillMaskParams) -> Answer:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[str], params: FillMaskParams) -> Sequence[Answer]:
        encoded = self.tokenizer(list(inputs), truncation=True, max_length=self.longest)
        rows = [self.row(encoded, n) for n in range(len(inputs))]
        masks = [self._masks(text, row) for text, row in zip(inputs, rows, strict=True)]
        logits = self.run(rows, lambda output: output.logits, lambda n, one: one[masks[n]])
        targets = None if params.targets is None else self._ids(params.targets)
        top_k = params.top_k or USUAL
        return [self._filled(row, m, one, targets, top_k) for row, m, one in zip(rows, masks, logits, strict=True)]

    def cost(self, inputs: str) -> int:
        return self.tokens(inputs)

    def _masks(self, text: str, row: Row) -> list[int]:
        """The places of the masks among the tokens. Raises InvalidRequest where there is none, or one is cut off."""
        places = [n for n, token in enumerate(row["input_ids"]) if token == self.tokenizer.mask_token_id]
        mask = self.tokenizer.mask_token
        if len(places) < text.count(str(mask)):
            raise InvalidRequest(f"The text's {mask} is beyond the {self.longest} tokens this model reads; shorten it")
        if not places:
            raise InvalidRequest(f"The text holds no {mask}; put {mask} where a word is to be filled in")
        return places

    def _ids(self, targets: Sequence[str]) -> list[int]:
        """The tokens to choose from. Raises InvalidRequest where no target has one."""
        found = set()
        for target in targets:
            known = self.vocabulary.get(target)
            ids = [known] if known is not None else self.tokenizer(target, add_special_tokens=False)["input_ids"][:1]
            found |= set(ids)
        if not found:
            raise InvalidRequest("targets hold no word that this model's tokenizer knows; send others")
        return sorted(found)

    def _filled(
        self, row: Row, masks: Sequence[int], logits: torch.Tensor, targets: Sequence[int] | None, top_k: int
    ) -> Answer:
        """The best words of each mask; `logits` has the shape (masks, vocabulary)."""
        chances = logits.softmax(-1)
        if targets is not None:
            chances = chances[:, targets]
        values, places = chances.topk(min(top_k, chances.shape[-1]))
        answers = []
        for mask, scores, words in zip(masks, values.tolist(), places.tolist(), strict=True):
            tokens = [word if targets is None else targets[word] for word in words]
            alone = len(masks) == 1
            answers.append([self._one(row, mask, t, s, alone) for t, s in zip(tokens, scores, strict=True)])
        return answers[0] if len(answers) == 1 else answers

    def _one(self, row: Row, mask: int, token: int, score: float, alone: bool) -> Filled:
        ids = [token if n == mask else other for n, other in enumerate(row["input_ids"])]
        # Special tokens stay where other masks would be lost with them.
        whole = self._text([one for one in ids if one != self.tokenizer.pad_token_id], skip_special_tokens=alone)
        return {"sequence": whole, "score": score, "token": token, "token_str": self._text([token])}

    def _text(self, ids: Sequence[int], **options: bool) -> str:
        return str(self.tokenizer.decode(list(ids), **options))
