"""conversational: the old form of chat-completion, whose turns are lists."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from inference_common.tasks.chat import Conversation, ConversationalParams, ConversationAnswer

from ._causal import CausalPipeline


@dataclass(frozen=True)
class Said:
    """The last chunk, or one before it."""

    whole: ConversationAnswer | None


class Conversational(CausalPipeline[Conversation, ConversationalParams, ConversationAnswer]):
    def stream(self, inputs: Conversation, params: ConversationalParams) -> Generator[Said, None, None]:
        for piece in self.pieces(*self.chat(inputs.chat.messages), params):
            yield Said(None if piece.whole is None else inputs.answered(piece.whole.text))

    def check(self, params: ConversationalParams) -> None:
        self.check_chats()

    def cost(self, inputs: Conversation) -> int:
        return sum(self.tokens(message["content"]) for message in inputs.chat.messages)
