"""chat-completion: the next turn of a conversation."""

from __future__ import annotations

from collections.abc import Generator

from inference_common.chat import Chat, ChatParams
from inference_common.generation import Generation, Piece

from ._causal import CausalPipeline


class ChatCompletion(CausalPipeline[Chat, ChatParams, Generation]):
    preprocess_waits = True

    def stream(self, inputs: Chat, params: ChatParams) -> Generator[Piece, None, None]:
        yield from self.pieces(*self.prompt(inputs), params.generation())

    def preprocess(self, inputs: Chat) -> Chat:
        return self.rendered(inputs)

    def check(self, params: ChatParams) -> None:
        self.check_chats()

    def cost(self, inputs: Chat) -> int:
        return sum(self.tokens(message["content"]) for message in inputs.messages)
