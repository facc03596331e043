"""What the tasks of chats share: prompts by the model's chat template, and turns that end as it ends them."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic

from inference_common.chat import Chat
from inference_common.errors import InferenceFailed, InvalidRequest
from inference_common.generation import Piece, TextGenerationParams
from inference_common.task import In, Out, P
from jinja2 import TemplateError

from ._causal import CausalPipeline
from ._prompt import end_of_turn


class ChatPipeline(CausalPipeline[In, P, Out], Generic[In, P, Out]):
    """A pipeline that goes on with a chat."""

    preprocess_waits = True
    turn_ends: frozenset[int] | None = None
    """The tokens that end what the model says, besides those of its generation config; None before the first chat."""

    def rendered(self, chat: Chat) -> Chat:
        """A chat with its prompt, unless it has one. Raises InvalidRequest, InferenceFailed, Overloaded."""
        if chat.prompt is not None:
            return chat
        self.check_chats()
        try:
            prompt = self._render(chat.messages, add_generation_prompt=True)
        except TemplateError as error:
            raise InvalidRequest(f"The model's chat template does not take these messages: {error}") from error
        if self.turn_ends is None:
            self.turn_ends = self._find_turn_ends()
        return replace(chat, prompt=prompt)

    @property
    def templated(self) -> Any:
        """What has the model's chat template."""
        return self.tokenizer

    def as_content(self, text: str) -> Any:
        """The content of a message that is a text, as the template reads it."""
        return text

    def prompt(self, chat: Chat) -> tuple[str, list[int]]:
        """The prompt of a chat, and its tokens. Raises as `rendered`."""
        prompt = self.rendered(chat).prompt or ""
        ids: list[int] = self.tokenizer(prompt, add_special_tokens=False)["input_ids"]
        return prompt, ids

    def turn(self, prompt: str, ids: Sequence[int], params: TextGenerationParams,
             features: Mapping[str, Any] | None = None) -> Generator[Piece, None, None]:  # fmt: skip
        """What the model says after a prompt of a chat, as `pieces`."""
        yield from self.pieces(prompt, ids, params, features, ends=self.turn_ends or frozenset())

    def check_chats(self) -> None:
        """Raise InvalidRequest for a model that knows no chat."""
        if not getattr(self.tokenizer, "chat_template", None):
            raise InvalidRequest(f"{self.name} has no chat template; ask it for text-generation instead")

    def _render(self, messages: Sequence[Mapping[str, Any]], **options: bool) -> str:
        return str(self.templated.apply_chat_template(list(messages), tokenize=False, **options))

    def _find_turn_ends(self) -> frozenset[int]:
        """Raises Overloaded."""
        own = self.tokenizer.eos_token_id
        known = frozenset[int]() if own is None else frozenset([own])
        try:
            return known | end_of_turn(self.tokenizer, self.vocabulary.special, self._render, self.as_content)
        except (TemplateError, InferenceFailed):  # a template for other chats than this one
            return known
