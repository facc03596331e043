"""text-classification: labels of a whole text, or of two that are read together."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from inference_common.errors import InvalidRequest
from inference_common.tasks.classification import Label, TextClassificationParams, TextPair
from inference_common.warning_headers import cut_warnings, warnings_of_inputs
from transformers import AutoModelForSequenceClassification

from ._shared import TextPipeline, labelled, scores, usual_activation

Text = str | TextPair


class TextClassification(TextPipeline[Text, TextClassificationParams, list[Label]]):
    auto = AutoModelForSequenceClassification
    outputs = ("logits",)
    side_by_side = True

    def __call__(self, inputs: Text, params: TextClassificationParams) -> list[Label]:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Text], params: TextClassificationParams) -> Sequence[list[Label]]:
        if params.truncate is False:
            self._refuse_too_long(inputs)
        texts = {place: text for place, text in enumerate(inputs) if isinstance(text, str)}
        pairs = {place: pair for place, pair in enumerate(inputs) if isinstance(pair, TextPair)}
        found = dict(zip(texts, self._labels([*texts.values()], None, params), strict=True)) if texts else {}
        if pairs:
            firsts, seconds = zip(*((pair.text, pair.text_pair) for pair in pairs.values()), strict=True)
            found |= zip(pairs, self._labels(firsts, seconds, params), strict=True)
        return [found[place] for place in range(len(inputs))]

    def cost(self, inputs: Text) -> int:
        if isinstance(inputs, str):
            return self.tokens(inputs)
        return min(self.tokens(inputs.text) + self.tokens(inputs.text_pair), self.longest)

    def warnings(self, inputs: Sequence[Text], costs: Sequence[int], params: TextClassificationParams) -> Sequence[str]:
        lengths = [self._length(text) if cost >= self.longest else 0 for text, cost in zip(inputs, costs, strict=True)]
        side = "last" if self.tokenizer.truncation_side == "left" else "first"
        return warnings_of_inputs([cut_warnings(length, self.longest, side) for length in lengths])

    def _labels(
        self, texts: Sequence[str], pairs: Sequence[str] | None, params: TextClassificationParams
    ) -> list[list[Label]]:
        logits = self.network(**self.encode(texts, pairs)).logits.float()
        rows = scores(logits, params.activation or usual_activation(self.network)).tolist()
        return [labelled(row, self.network, params.top_k) for row in rows]

    def _length(self, text: Text) -> int:
        """The tokens of a text or a pair, special ones and cut ones included."""
        if isinstance(text, str):
            return self.length(text)
        if self._counter is None:
            return len(self.tokenizer(text.text, text.text_pair)["input_ids"])
        return len(self._counter.encode(text.text, text.text_pair).ids)

    def _refuse_too_long(self, texts: Sequence[Text]) -> None:
        longest = max(map(self._length, texts))
        if longest > self.longest:
            raise InvalidRequest(
                f"A text has {longest} tokens, and this model reads {self.longest}; shorten it, or do not send"
                " truncate: false"
            )
