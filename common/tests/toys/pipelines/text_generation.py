"""A text goes on with its own words, one a token; some words make it misbehave."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from typing import Any, Self

from inference_common.generation import FinishReason, Generation, Piece, TextGenerationParams, Token
from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource


class ToyGeneration(Pipeline[str, TextGenerationParams, Generation]):
    also = ("chat-completion",)
    max_batch_size = 2
    unsafe_formats = os.environ.get("UNSAFE_TOYS") == "text-generation"

    def __init__(self, model: ModelSource, device: Device) -> None:
        self.stepped: list[str] = []
        """Every word said, of every stream, in the order of the model's thread."""
        self.open = 0
        template = model.file("chat_template.jinja")
        self.template = None if template is None else template.read_text(encoding="utf-8")

    def __call__(self, inputs: str, params: TextGenerationParams) -> Generation:
        raise AssertionError("a pipeline that streams is never called")

    def stream(self, inputs: str, params: TextGenerationParams) -> Generator[Piece, None, None]:
        self.open += 1
        try:
            yield from self._pieces(inputs, params)
        finally:
            self.open -= 1

    def _pieces(self, inputs: str, params: TextGenerationParams) -> Generator[Piece, None, None]:
        words = (inputs.split() * 1000)[: params.max_new_tokens]
        tokens: list[Token] = []
        for word in words:
            if word == "fail":
                raise ValueError("this word cannot be said")
            if word.startswith("sleep"):
                time.sleep(float(word[5:]))
            self.stepped.append(word)
            top = (Token(len(word), f" {word}", -0.5),) * (params.top_n_tokens or 0)
            tokens.append(Token(len(word), f" {word}", -0.5, word == "END", top))
            is_last = word == "END" or len(tokens) == len(words)
            text = "".join(token.text for token in tokens if not token.special) if is_last or params.stops else ""
            reason = self._reason(text, word, len(tokens), len(words), params)
            yield Piece(tokens[-1], reason and self._whole(inputs, text, tokens, reason, params))
            if reason:
                return

    def _reason(self, text: str, word: str, said: int, most: int, params: TextGenerationParams) -> FinishReason | None:
        if any(stop in text for stop in params.stops):
            return "stop_sequence"
        return "eos_token" if word == "END" else "length" if said == most else None

    def _whole(
        self, inputs: str, text: str, tokens: list[Token], reason: FinishReason, params: TextGenerationParams
    ) -> Generation:
        prefill = (Token(7, inputs, None),) if params.decoder_input_details else ()
        return Generation(inputs, text, tuple(tokens), reason, len(inputs.split()), params, "toy", prefill)

    @classmethod
    def adopt(cls, other: Pipeline[Any, Any, Any]) -> Self | None:
        return None
