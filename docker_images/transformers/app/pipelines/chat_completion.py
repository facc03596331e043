"""chat-completion: the next turn of a conversation."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from inference_common.chat import Chat, ChatParams
from inference_common.generation import Generation, Piece

from ._chat import ChatPipeline


class ChatCompletion(ChatPipeline[Chat, ChatParams, Generation]):
    def stream(self, inputs: Chat, params: ChatParams) -> Generator[Piece, None, None]:
        yield from self.turn(*self.prompt(inputs), params.generation())

    def preprocess(self, inputs: Chat) -> Chat:
        return self.rendered(inputs)

    def check(self, params: ChatParams) -> None:
        self.check_chats()

    def cost(self, inputs: Chat) -> int:
        return sum(self.tokens(message["content"]) for message in inputs.messages)

    def warnings(self, inputs: Sequence[Chat], costs: Sequence[int], params: ChatParams) -> Sequence[str]:
        prompts = [chat.prompt or "" for chat in inputs]
        return self.prompt_warnings(prompts, params, params.most_tokens, special=False)
