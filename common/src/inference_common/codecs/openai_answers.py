"""What OpenAI's clients read: the answers to completions and to chat completions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

Ended = Literal["stop", "length"]


class Usage(TypedDict):
    """Tokens read and written."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class TopLogprob(TypedDict):
    """A token that was likely; `bytes` are its UTF-8."""

    token: str
    logprob: float
    bytes: list[int]


class Logprob(TopLogprob):
    """A token of the answer."""

    top_logprobs: list[TopLogprob]


class Logprobs(TypedDict):
    """Of every token of the answer."""

    content: list[Logprob]


class AssistantMessage(TypedDict):
    """The answer."""

    role: Literal["assistant"]
    content: str


class Choice(TypedDict):
    """The one answer there is."""

    index: int
    message: AssistantMessage
    logprobs: Logprobs | None
    finish_reason: Ended


class ChatAnswer(TypedDict):
    """An answer of chat-completion; `created` in seconds since 1970."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[Choice]
    usage: Usage


class ListedLogprobs(TypedDict):
    """Of every token of one completion, in lists that go side by side; `text_offset` is where each begins in the text.

    Nothing comes before the first token of a prompt, so it has no probability.
    """

    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[Mapping[str, float | None] | None]
    text_offset: list[int]


class CompletionsChoice(TypedDict):
    """The answer to one prompt."""

    index: int
    text: str
    logprobs: ListedLogprobs | None
    finish_reason: Ended


class CompletionsAnswer(TypedDict):
    """An answer of `/v1/completions`: one choice for each prompt; `created` in seconds since 1970."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[CompletionsChoice]
    usage: Usage
