"""Generated text as text-generation-inference tells it: `generated_text`, `details`, and events of one token each."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import (
    Any,
    NotRequired,  # pydantic reads typing's own only from Python 3.12 on
)

from typing_extensions import TypedDict

from ..client import Client
from ..generation import FinishReason, Generation, Piece, TextGenerationParams, Token
from ..schema import Schema, Schemas
from ..task import Asked
from .json import JsonOutput

FIRST_TO_READ_INDEX = (0, 22)  # of huggingface_hub, and `input_length`; older ones take no field that they do not know


class PrefillTokenAnswer(TypedDict):
    """A token of the prompt; the first has no probability."""

    id: int
    text: str
    logprob: float | None


class TokenAnswer(PrefillTokenAnswer):
    """A generated token; `special` ones are no part of the text."""

    special: bool


class Details(TypedDict):
    """How the text came about; `top_tokens` holds the likeliest tokens of each step."""

    finish_reason: FinishReason
    generated_tokens: int
    seed: int | None
    prefill: list[PrefillTokenAnswer]
    tokens: list[TokenAnswer]
    top_tokens: NotRequired[list[list[TokenAnswer]]]


class TextGenerationAnswer(TypedDict):
    """An answer; `details` where they were asked for."""

    generated_text: str
    details: NotRequired[Details]


def answer(generation: Generation, client: Client) -> TextGenerationAnswer:
    """The whole answer."""
    told: TextGenerationAnswer = {"generated_text": _text(generation)}
    if generation.params.details:
        told["details"] = _details(generation)
    return told


def events(asked: Asked) -> Callable[[Piece], Iterable[object]]:
    """One event a token."""
    made = event(asked)
    return lambda piece: [made(piece)]


def event(asked: Asked) -> Callable[[Piece], dict[str, object]]:
    """The event of each token, counted from 1; the last holds the text, and details where they were asked for."""
    count = itertools.count(1)
    assert isinstance(asked.params, TextGenerationParams)
    is_old = asked.client.older_than(*FIRST_TO_READ_INDEX)
    wants_top, wants_details = bool(asked.params.top_n_tokens), asked.params.details

    def made(piece: Piece) -> dict[str, object]:
        whole = piece.whole
        told: dict[str, object] = {
            **({} if is_old else {"index": next(count)}),
            "token": _token(piece.token),
            "generated_text": None if whole is None else _text(whole),
            "details": _end(whole, is_old) if whole is not None and wants_details else None,
        }
        if wants_top:
            told["top_tokens"] = [_token(token) for token in piece.token.top]
        return told

    return made


class StreamableOutput(JsonOutput[Generation]):
    """Answers as JSON, or as events to those who ask for a stream."""

    def content(self, schemas: Schemas, *, batches: bool) -> Mapping[str, Schema]:
        return {**super().content(schemas, batches=batches), "text/event-stream": {"type": "string"}}


OUTPUT = StreamableOutput(TextGenerationAnswer, answer, listed=lambda client: True)


def _text(generation: Generation) -> str:
    return (generation.prompt if generation.params.return_full_text else "") + generation.text


def _details(generation: Generation) -> Details:
    told: Details = {
        "finish_reason": generation.finish_reason,
        "generated_tokens": len(generation.tokens),
        "seed": generation.seed,
        "prefill": [{"id": t.id, "text": t.text, "logprob": t.logprob} for t in generation.prefill],
        "tokens": [_token(token) for token in generation.tokens],
    }
    if generation.params.top_n_tokens:
        told["top_tokens"] = [[_token(top) for top in token.top] for token in generation.tokens]
    return told


def _end(whole: Generation, is_old: bool) -> dict[str, Any]:
    length = {} if is_old else {"input_length": whole.prompt_tokens}
    return {"finish_reason": whole.finish_reason, "generated_tokens": len(whole.tokens), **length, "seed": whole.seed}


def _token(token: Token) -> TokenAnswer:
    return {"id": token.id, "text": token.text, "logprob": token.logprob, "special": token.special}
