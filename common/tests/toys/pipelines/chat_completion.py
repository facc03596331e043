"""What the user said last is the answer; of a model with a chat template, the prompt that it makes of the chat."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any, Self

from inference_common.chat import Chat, ChatParams
from inference_common.errors import InvalidRequest
from inference_common.generation import Generation, Piece
from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.templates.library import compiled
from jinja2 import TemplateError

from .text_generation import ToyGeneration


class ToyChat(Pipeline[Chat, ChatParams, Generation]):
    preprocess_waits = True

    def __init__(self, model: ModelSource, device: Device) -> None:
        self._toy = ToyGeneration(model, device)

    def __call__(self, inputs: Chat, params: ChatParams) -> Generation:
        raise AssertionError("a pipeline that streams is never called")

    def stream(self, inputs: Chat, params: ChatParams) -> Generator[Piece, None, None]:
        said = self.preprocess(inputs).prompt or inputs.messages[-1]["content"]
        yield from self._toy.stream(said, params.generation())

    def preprocess(self, inputs: Chat) -> Chat:
        if self._toy.template is None or inputs.prompt is not None:
            return inputs
        try:
            return replace(inputs, prompt=compiled(self._toy.template).render(messages=list(inputs.messages)))
        except TemplateError as error:
            raise InvalidRequest(str(error)) from error

    @classmethod
    def adopt(cls, other: Pipeline[Any, Any, Any]) -> Self | None:
        if not isinstance(other, ToyGeneration):
            return None
        adopted = cls.__new__(cls)
        adopted._toy = other
        return adopted
