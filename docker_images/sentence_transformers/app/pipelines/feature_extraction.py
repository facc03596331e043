"""feature-extraction: one embedding per text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from inference_common.errors import InvalidRequest
from inference_common.tasks.text import Embedding, FeatureExtractionParams

from ._shared import EncoderPipeline


class FeatureExtraction(EncoderPipeline[str, FeatureExtractionParams, Embedding]):
    also = ("sentence-similarity", "text-ranking")

    def __call__(self, inputs: str, params: FeatureExtractionParams) -> Embedding:
        return self.batch([inputs], params)[0]

    def batch(self, inputs: Sequence[str], params: FeatureExtractionParams) -> Sequence[Embedding]:
        if params.truncate is False:
            self._refuse_too_long(inputs)
        tokenizer = self.encoder.tokenizer
        side = getattr(tokenizer, "truncation_side", None)
        try:
            if params.truncation_direction is not None:
                tokenizer.truncation_side = params.truncation_direction
            embeddings = self.encoder.encode(
                list(inputs),
                prompt_name=params.prompt_name,
                normalize_embeddings=bool(params.normalize),
                truncate_dim=params.dimensions,
                batch_size=self.max_batch_size,
                show_progress_bar=False,
            )
        finally:
            if params.truncation_direction is not None:
                tokenizer.truncation_side = side
        return list(np.asarray(embeddings, dtype=np.float32))

    def check(self, params: FeatureExtractionParams) -> None:
        width = self.encoder.get_embedding_dimension()
        if params.dimensions is not None and width is not None and params.dimensions > width:
            raise InvalidRequest(f"dimensions is {params.dimensions}, and this model has {width}; ask for at most that")
        prompts = sorted(self.encoder.prompts)
        if params.prompt_name is not None and params.prompt_name not in prompts:
            known = f"its prompts: {', '.join(prompts)}" if prompts else "it has none"
            raise InvalidRequest(f"This model has no prompt named {params.prompt_name[:64]!r}; {known}")

    def cost(self, inputs: str) -> int:
        return self.tokens(inputs)

    def _refuse_too_long(self, texts: Sequence[str]) -> None:
        most = self.encoder.max_seq_length
        longest = max(map(self.tokens.length, texts))
        if most is not None and longest > most:
            raise InvalidRequest(
                f"A text has {longest} tokens, and this model reads {most}; shorten it, or do not send truncate: false"
            )
