"""A text goes on with its own words, one a token; some words make it misbehave."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from typing import Any, Self

from inference_common.generation import FinishReason, Generation, Piece, TextGenerationParams, Token
from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.stops import StopSearch

SPECIAL = ("END", "HALT")  # words that are no part of the text; the first ends it


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
        search = StopSearch(params.stops)
        for word in words:
            if word == "fail":
                raise ValueError("this word cannot be said")
            if word.startswith("sleep"):
                time.sleep(float(word[5:]))
            self.stepped.append(word)
            top = (Token(len(word), f" {word}", -0.5),) * (params.top_n_tokens or 0)
            tokens.append(Token(len(word), f" {word}", -0.5, word in SPECIAL, top))
            reason: FinishReason | None = None
            if search.add(tokens[-1]):
                reason = "stop_sequence"
            elif word == "END" or len(tokens) == len(words):
                reason = "eos_token" if word == "END" else "length"
            yield Piece(tokens[-1], reason and self._whole(inputs, search.text, tokens, reason, params))
            if reason:
                return

    def _whole(
        self, inputs: str, text: str, tokens: list[Token], reason: FinishReason, params: TextGenerationParams
    ) -> Generation:
        prefill = (Token(7, inputs, None, start=0),) if params.decoder_input_details else ()
        return Generation(inputs, text, tuple(tokens), reason, len(inputs.split()), params, "toy", prefill)

    @classmethod
    def adopt(cls, other: Pipeline[Any, Any, Any]) -> Self | None:
        return None
