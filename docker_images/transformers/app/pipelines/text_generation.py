"""text-generation: what a text goes on with."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from inference_common.generation import Generation, Piece, TextGenerationParams

from ._causal import CausalPipeline
from ._prompt import starts_of


class TextGeneration(CausalPipeline[str, TextGenerationParams, Generation]):
    def stream(self, inputs: str, params: TextGenerationParams) -> Generator[Piece, None, None]:
        encoded: Any = self.tokenizer(inputs)
        starts = starts_of(encoded) if params.decoder_input_details else None
        yield from self.pieces(inputs, encoded["input_ids"], params, starts=starts)

    def cost(self, inputs: str) -> int:
        return self.tokens(inputs)

    def warnings(self, inputs: Sequence[str], costs: Sequence[int], params: TextGenerationParams) -> Sequence[str]:
        return self.prompt_warnings(inputs, params, params.max_new_tokens)
