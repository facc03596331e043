"""feature-extraction: the last hidden state of each token of a text, as the library's own pipeline gives it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from inference_common.codecs.json import NUMBER_BYTES
from inference_common.errors import InvalidRequest
from inference_common.tasks.text import Embedding, FeatureExtractionParams
from inference_common.warning_headers import warnings_of_inputs
from transformers import AutoModel

from ._memory import FLOAT_BYTES
from ._rows import Row, RowsPipeline


class FeatureExtraction(RowsPipeline[str, FeatureExtractionParams, Embedding]):
    """Embeddings of shape (1, tokens, dimensions): these models do not pool them into one a text."""

    auto = AutoModel
    outputs = ("last_hidden_state",)

    def __call__(self, inputs: str, params: FeatureExtractionParams) -> Embedding:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[str], params: FeatureExtractionParams) -> Sequence[Embedding]:
        if params.truncate is False:
            self._refuse_too_long(inputs)
        states = self.run(self._rows(inputs, params.truncation_direction), lambda output: output[0])
        if params.normalize:
            states = [torch.nn.functional.normalize(one, dim=-1) for one in states]
        return [one[None].numpy() for one in states]

    def check(self, params: FeatureExtractionParams) -> None:
        if params.dimensions is not None:
            raise InvalidRequest("This model's embeddings cannot be cut to fewer dimensions; leave dimensions out")
        if params.prompt_name is not None:
            raise InvalidRequest("This model has no prompts; leave prompt_name out")

    def memory(self, costs: Sequence[int], params: FeatureExtractionParams) -> int:
        network = self.network_memory
        return network.reading(1, max(costs)) + sum(costs) * network.hidden * (NUMBER_BYTES + FLOAT_BYTES)

    def cost(self, inputs: str) -> int:
        return self.tokens(inputs)

    def warnings(self, inputs: Sequence[str], costs: Sequence[int], params: FeatureExtractionParams) -> Sequence[str]:
        if params.truncate is False:  # refused
            return ()
        side = "last" if (params.truncation_direction or self.tokenizer.truncation_side) == "left" else "first"
        cut = [self.cut(text, cost, side) for text, cost in zip(inputs, costs, strict=True)]
        return warnings_of_inputs(cut)

    def _rows(self, texts: Sequence[str], side: str | None) -> list[Row]:
        usual = self.tokenizer.truncation_side
        try:
            self.tokenizer.truncation_side = side or usual
            encoded = self.tokenizer(list(texts), truncation=True, max_length=self.longest)
        finally:
            self.tokenizer.truncation_side = usual
        return [self.row(encoded, n) for n in range(len(texts))]

    def _refuse_too_long(self, texts: Sequence[str]) -> None:
        longest = max(map(self.length, texts))
        if longest > self.longest:
            raise InvalidRequest(
                f"A text has {longest} tokens, and this model reads {self.longest};"
                " shorten it, or do not send truncate: false"
            )
