"""text-generation: what a text goes on with."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from inference_common.generation import Generation, Piece, TextGenerationParams

from ._causal import CausalPipeline


class TextGeneration(CausalPipeline[str, TextGenerationParams, Generation]):
    def stream(self, inputs: str, params: TextGenerationParams) -> Generator[Piece, None, None]:
        encoded: Any = self.tokenizer(inputs)
        yield from self.pieces(inputs, encoded["input_ids"], params)

    def cost(self, inputs: str) -> int:
        return self.tokens(inputs)
