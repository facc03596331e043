"""conversational: the old form of chat-completion, whose turns are lists."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from inference_common.tasks.chat import Conversation, ConversationalParams, ConversationAnswer

from ._chat import ChatPipeline


@dataclass(frozen=True)
class Said:
    """The last chunk, or one before it."""

    whole: ConversationAnswer | None


class Prompted(Conversation):
    """A conversation, and what the model's chat template makes of it."""

    prompt: str


class Conversational(ChatPipeline[Conversation, ConversationalParams, ConversationAnswer]):
    def stream(self, inputs: Conversation, params: ConversationalParams) -> Generator[Said, None, None]:
        prompt = inputs.prompt if isinstance(inputs, Prompted) else None
        for piece in self.turn(*self.prompt(replace(inputs.chat, prompt=prompt)), params):
            yield Said(None if piece.whole is None else inputs.answered(piece.whole.text))

    def preprocess(self, inputs: Conversation) -> Conversation:
        return Prompted.model_construct(**dict(inputs), prompt=self.rendered(inputs.chat).prompt)

    def check(self, params: ConversationalParams) -> None:
        self.check_chats()

    def cost(self, inputs: Conversation) -> int:
        return sum(self.tokens(message["content"]) for message in inputs.chat.messages)

    def warnings(
        self, inputs: Sequence[Conversation], costs: Sequence[int], params: ConversationalParams
    ) -> Sequence[str]:
        prompts = [one.prompt for one in inputs if isinstance(one, Prompted)]
        return self.prompt_warnings(prompts, params, params.max_new_tokens, special=False)
