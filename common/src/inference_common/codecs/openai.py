"""Generated text as OpenAI's clients read it: completions, chat completions, and the events of either."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..chat import ChatParams
from ..client import Client
from ..generation import Generation, Piece, TextGenerationParams, Token
from ..stops import StopSearch
from ..task import Asked
from . import tgi
from .openai_answers import (
    ChatAnswer,
    Choice,
    CompletionsAnswer,
    CompletionsChoice,
    Ended,
    Logprobs,
    TopLogprob,
    Usage,
)
from .openai_logprobs import listed_logprobs, logprobs_of

DONE = "[DONE]"
FIRST_TO_READ_DONE = (0, 24, 7)  # of huggingface_hub; older ones take it for JSON


def chat(generation: Generation, client: Client) -> ChatAnswer:
    """The whole answer of chat-completion."""
    choice: Choice = {
        "index": 0,
        "message": {"role": "assistant", "content": before_stop(generation)},
        "logprobs": _logprobs(generation.tokens) if generation.params.details else None,
        "finish_reason": _ended(generation),
    }
    head = _head("chatcmpl", "chat.completion", generation.model)
    return {**head, "choices": [choice], "usage": usage([generation])}  # type: ignore[typeddict-item]


CHAT_OUTPUT = tgi.StreamableOutput(ChatAnswer, chat)


def chat_events(asked: Asked) -> Callable[[Piece], Iterable[object]]:
    """An event with the role, one a piece, one with the reason of the end, the usage where it was asked for. The role
    stands in the first alone, as in OpenAI's own; huggingface_hub before 0.24 reads no delta without it."""
    params = asked.params
    assert isinstance(params, ChatParams)
    usage_too = params.stream_options is not None and bool(params.stream_options.include_usage)
    role, repeats = {"role": "assistant"}, asked.client.older_than(0, 24)

    def choice(piece: Piece | None, text: str, ended: Ended | None) -> dict[str, Any]:
        nonlocal role
        delta, role = {**role, "content": text}, role if repeats else {}
        logprobs = _logprobs([piece.token]) if params.logprobs and piece is not None else None
        return {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": ended}

    head = _head("chatcmpl", "chat.completion.chunk", asked.model)
    return _events(choice, head, asked.client, stops=params.stop or (), begins=True, usage_too=usage_too)


def completions(generations: Sequence[Generation], model: str) -> CompletionsAnswer:
    """The answer of `/v1/completions`. Raises InvalidRequest for prompts whose tokens have no known places."""
    choices: list[CompletionsChoice] = [
        {
            "index": n,
            "text": (one.prompt if one.params.return_full_text else "") + before_stop(one),
            "logprobs": logprobs_of(one) if one.params.details else None,
            "finish_reason": _ended(one),
        }
        for n, one in enumerate(generations)
    ]
    head = _head("cmpl", "text_completion", model)
    return {**head, "choices": choices, "usage": usage(generations)}  # type: ignore[typeddict-item]


def completion_events(
    asked: Asked, *, usage_too: bool = False, echoed: str = ""
) -> Callable[[Piece], Iterable[object]]:
    """As `chat_events`, of `/v1/completions`; `echoed` comes before the text.

    The JavaScript client declares these as text-generation's own events, so for it they hold both.
    """
    params, offset = asked.params, len(echoed)
    assert isinstance(params, TextGenerationParams)
    theirs = tgi.event(asked) if asked.client.javascript is not None else None

    def choice(piece: Piece | None, text: str, ended: Ended | None) -> dict[str, Any]:
        nonlocal offset
        logprobs = None
        if params.details and piece is not None:
            logprobs = listed_logprobs([piece.token], offset)
            offset += sum(map(len, logprobs["tokens"]))
        return {"index": 0, "text": text, "logprobs": logprobs, "finish_reason": ended}

    head = _head("cmpl", "text_completion", asked.model)
    ours = _events(choice, head, asked.client, stops=params.stops, echoed=echoed, usage_too=usage_too)

    def events(piece: Piece) -> Iterable[object]:
        if theirs is None:
            return ours(piece)
        token, *rest = ours(piece)
        return [{**theirs(piece), **token}, *rest]

    return events


def before_stop(generation: Generation) -> str:
    """The text, without the stop sequence that ended it."""
    if generation.finish_reason != "stop_sequence":
        return generation.text
    search = StopSearch(generation.params.stops)
    for token in generation.tokens:
        search.add(token)
    return generation.text[: search.start]


def usage(generations: Sequence[Generation]) -> Usage:
    """The tokens of some answers."""
    read, written = sum(g.prompt_tokens for g in generations), sum(len(g.tokens) for g in generations)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _events(
    choice: Callable[[Piece | None, str, Ended | None], dict[str, Any]],
    head: dict[str, Any],
    client: Client,
    *,
    stops: Sequence[str] = (),
    begins: bool = False,
    echoed: str = "",
    usage_too: bool,
) -> Callable[[Piece], list[Any]]:
    """Events of chunks with one choice each; `begins` is whether an empty one comes before all, `echoed` what the first
    text begins with."""
    search, sent, begun, before = StopSearch(stops), 0, not begins, echoed
    nothing = {"usage": None} if usage_too else {}

    def chunk(piece: Piece | None, new: str, ended: Ended | None = None) -> dict[str, Any]:
        return {**head, "choices": [choice(piece, new, ended)], **nothing}

    def events(piece: Piece) -> list[Any]:
        nonlocal sent, begun, before
        first, begun = ([] if begun else [chunk(None, "")]), True
        search.add(piece.token)
        whole = piece.whole
        new = search.text[sent : len(search.text) - search.withheld] if whole is None else before_stop(whole)[sent:]
        sent += len(new)
        told, before = [*first, chunk(piece, before + new)], ""
        if whole is None:
            return told
        end = [{**head, "choices": [], "usage": usage([whole])}] if usage_too else []
        return [
            *told,
            chunk(None, "", _ended(whole)),
            *end,
            *([] if client.older_than(*FIRST_TO_READ_DONE) else [DONE]),
        ]

    return events


def _ended(generation: Generation) -> Ended:
    return "length" if generation.finish_reason == "length" else "stop"


def _head(kind: str, what: str, model: str) -> dict[str, Any]:
    name = f"{kind}-{uuid.uuid4().hex}"
    return {"id": name, "object": what, "created": int(time.time()), "model": model, "system_fingerprint": ""}


def _logprobs(tokens: Iterable[Token]) -> Logprobs:
    return {"content": [{**_top(t), "top_logprobs": list(map(_top, t.top))} for t in tokens if not t.special]}


def _top(token: Token) -> TopLogprob:
    return {"token": token.text, "logprob": token.logprob or 0.0, "bytes": list(token.text.encode())}
