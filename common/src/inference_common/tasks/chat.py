"""The tasks that talk: chat-completion, and conversational, its old form."""

from __future__ import annotations

import itertools
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..chat import Chat, ChatParams
from ..codecs import openai
from ..codecs.chat import ChatInput
from ..codecs.json import JsonOutput
from ..codecs.text import TextInput
from ..generation import Generation, TextGenerationParams, unserved
from ..pipeline import Pipeline
from ..samples import encoded
from ..task import BadPayload, Payload, Task

ChatCompletion = Pipeline[Chat, ChatParams, Generation]


def _asked(more: bytes = b"", messages: bytes = b'[{"role": "user", "content": "Is the dog happy?"}]') -> Payload:
    return Payload(b'{"messages": %b%b}' % (messages, more and b", " + more))


def _refused(more: bytes, mentions: str) -> BadPayload:
    return BadPayload(_asked(more), 400, mentions)


CHAT_COMPLETION = Task[Chat, ChatParams, Generation](
    name="chat-completion",
    input=ChatInput(),
    params=ChatParams,
    output=openai.CHAT_OUTPUT,
    events=openai.chat_events,
    good=(
        _asked(b'"max_tokens": 4'),
        _asked(
            b'"max_completion_tokens": 4, "model": "any", "temperature": 0.5, "top_p": 0.9, "seed": 7, "n": 1,'
            b' "presence_penalty": 0.1, "frequency_penalty": 0.1, "stop": ["."], "user": "me", "stream": false,'
            b' "logprobs": true, "top_logprobs": 2, "response_format": {"type": "text"}, "tools": []'
        ),
        _asked(
            b'"max_tokens": 4, "temperature": 0, "stop": "."',
            b'[{"role": "system", "content": "Be kind"},'
            b' {"role": "user", "content": [{"type": "text", "text": "Hello, "}, {"type": "text", "text": "you"}]},'
            b' {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Go on", "name": "me"}]',
        ),
    ),
    bad=(
        BadPayload(Payload(b""), 400, "empty"),
        BadPayload(Payload(b'{"inputs": "a"}'), 400, "messages"),
        BadPayload(_asked(messages=b"[]"), 400, "messages"),
        BadPayload(_asked(messages=b'"hello"'), 400, "messages"),
        BadPayload(_asked(messages=b'[{"content": "hello"}]'), 400, "role"),
        BadPayload(_asked(messages=b'[{"role": "user", "content": 7}]'), 400, "content"),
        BadPayload(
            _asked(messages=b'[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]'),
            400,
            "text",
        ),
        _refused(b'"max_tokens": 0', "max_tokens"),
        _refused(b'"temperature": -1', "temperature"),
        _refused(b'"n": 2', "leave out n"),
        _refused(b'"tools": [{"type": "function", "function": {"name": "f"}}]', "tools"),
        _refused(b'"response_format": {"type": "json_object"}', "response_format"),
        _refused(b'"logit_bias": {"7": 1}', "logit_bias"),
        _refused(b'"max_new_tokens": 4', "max_tokens"),
    ),
)


ImageTextToText = Pipeline[Chat, ChatParams, Generation]


def _shown(name: str, more: bytes = b"") -> Payload:
    """A question about a sample."""
    address = b"data:image/%b;base64,%b" % (name.rpartition(".")[2].encode(), encoded(name).encode())
    image = b'{"type": "image_url", "image_url": {"url": "%b"}}' % address
    parts = b'[{"role": "user", "content": [%b, {"type": "text", "text": "Is the dog happy?"}]}]' % image
    return _asked(more, parts)


def _not_shown(address: bytes, status: int, mentions: str) -> BadPayload:
    image = b'{"type": "image_url", "image_url": {"url": "%b"}}' % address
    return BadPayload(_asked(messages=b'[{"role": "user", "content": [%b]}]' % image), status, mentions)


IMAGE_TEXT_TO_TEXT = Task[Chat, ChatParams, Generation](
    name="image-text-to-text",
    input=ChatInput(pictured=True),
    params=ChatParams,
    output=openai.CHAT_OUTPUT,
    events=openai.chat_events,
    good=(
        _shown("image.jpg", b'"max_tokens": 4'),
        _shown("image.png", b'"max_tokens": 3, "temperature": 0.5, "seed": 7, "logprobs": true'),
        _asked(b'"max_tokens": 4'),
    ),
    bad=(
        BadPayload(Payload(b""), 400, "empty"),
        BadPayload(Payload(b'{"inputs": "a"}'), 400, "messages"),
        BadPayload(_asked(messages=b'[{"role": "user", "content": [{"type": "image"}]}]'), 400, "image_url"),
        _not_shown(b"https://example.org/cat.png", 400, "address"),
        _not_shown(b"not base64!", 400, "base64"),
        _not_shown(b"data:image/png;base64,aGVsbG8=", 415, "PNG"),
        _refused(b'"tools": [{"type": "function", "function": {"name": "f"}}]', "tools"),
    ),
)


class Turns(TypedDict):
    """The conversation, this answer included."""

    past_user_inputs: list[str]
    generated_responses: list[str]


class ConversationAnswer(TypedDict):
    """What the model says, and the conversation to go on with."""

    generated_text: str
    conversation: Turns


class Conversation(BaseModel):
    """What was said before, in turns, and what is said now."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    text: str = Field(min_length=1)
    past_user_inputs: list[str] = []
    generated_responses: list[str] = []

    @property
    def chat(self) -> Chat:
        """The same as messages: the user begins, and speaks last."""
        turns = itertools.zip_longest(self.past_user_inputs, self.generated_responses)
        said = [(role, text) for turn in turns for role, text in zip(("user", "assistant"), turn, strict=True)]
        told = [(role, text) for role, text in [*said, ("user", self.text)] if text is not None]
        return Chat([{"role": role, "content": text} for role, text in told])

    def answered(self, text: str) -> ConversationAnswer:
        """The answer that says `text`."""
        turns: Turns = {
            "past_user_inputs": [*self.past_user_inputs, self.text],
            "generated_responses": [*self.generated_responses, text],
        }
        return {"generated_text": text, "conversation": turns}


class ConversationalParams(TextGenerationParams):
    """Of conversational: those of text-generation, but that no answer is streamed."""

    max_length: Annotated[int | None, unserved("max_length is not served; leave it out, or say max_new_tokens")] = None
    min_length: Annotated[int | None, unserved("min_length is not served; leave it out")] = None
    stream: Annotated[
        bool | None, unserved("conversational is not streamed; ask chat-completion, or leave out stream", False)
    ] = None


Conversational = Pipeline[Conversation, ConversationalParams, ConversationAnswer]

CONVERSATIONAL = Task[Conversation, ConversationalParams, ConversationAnswer](
    name="conversational",
    input=TextInput(
        TypeAdapter(Conversation),
        texts=lambda one: (one.text, *one.past_user_inputs, *one.generated_responses),
    ),
    params=ConversationalParams,
    output=JsonOutput(ConversationAnswer),
    good=(
        Payload(b'{"inputs": {"text": "Is the dog happy?"}, "parameters": {"max_new_tokens": 4}}'),
        Payload(
            b'{"inputs": {"text": "And the cat?", "past_user_inputs": ["Is the dog happy?"],'
            b' "generated_responses": ["Yes."]}, "parameters": {"max_new_tokens": 4, "temperature": 0.9, "seed": 7}}'
        ),
    ),
    bad=(
        BadPayload(Payload(b""), 400, "empty"),
        BadPayload(Payload(b'{"inputs": "hello"}'), 400, "inputs"),
        BadPayload(Payload(b'{"inputs": {"past_user_inputs": []}}'), 400, "text"),
        BadPayload(Payload(b'{"inputs": {"text": "a", "past_user_inputs": "b"}}'), 400, "past_user_inputs"),
        BadPayload(Payload(b'{"inputs": {"text": "a"}, "parameters": {"stream": true}}'), 400, "stream"),
        BadPayload(Payload(b'{"inputs": {"text": "a"}, "parameters": {"max_tokens": 4}}'), 400, "max_new_tokens"),
    ),
)
