"""What the user said last is the answer."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Self

from inference_common.chat import Chat, ChatParams
from inference_common.generation import Generation, Piece
from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource

from .text_generation import ToyGeneration


class ToyChat(Pipeline[Chat, ChatParams, Generation]):
    def __init__(self, model: ModelSource, device: Device) -> None:
        self._toy = ToyGeneration(model, device)

    def __call__(self, inputs: Chat, params: ChatParams) -> Generation:
        raise AssertionError("a pipeline that streams is never called")

    def stream(self, inputs: Chat, params: ChatParams) -> Generator[Piece, None, None]:
        yield from self._toy.stream(inputs.messages[-1]["content"], params.generation())

    @classmethod
    def adopt(cls, other: Pipeline[Any, Any, Any]) -> Self | None:
        if not isinstance(other, ToyGeneration):
            return None
        adopted = cls.__new__(cls)
        adopted._toy = other
        return adopted
