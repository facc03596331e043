"""What generating text asks and gives: parameters, tokens, and whole answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from .errors import InvalidRequest
from .task import Limits, Params

FinishReason = Literal["length", "eos_token", "stop_sequence"]
NEW_TOKENS = 256  # where the caller does not say
MOST_STOPS = 4


def unserved(why: str, *allowed: object) -> Any:
    """Refuses every value but None and those `allowed`, which ask for nothing."""

    def check(value: object) -> object:
        if value is None or value in allowed:
            return value
        raise PydanticCustomError("unserved", "{why}", {"why": why})

    return AfterValidator(check)


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


Stop = Annotated[str, Field(min_length=1, max_length=1000)]
Stops = Annotated[
    tuple[Stop, ...],
    Field(max_length=MOST_STOPS),
    BeforeValidator(_listed, json_schema_input_type=Stop | Annotated[list[Stop], Field(max_length=MOST_STOPS)]),
]
"""Texts that end an answer; one alone may come without its list."""


class TextGenerationParams(Params):
    """Of text-generation; `None` leaves a choice to the model's own generation config.

    An answer is sampled where `do_sample`, or any parameter of sampling, says so; else it is the likeliest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    max_new_tokens: int | None = Field(default=None, gt=0, description="most tokens to generate")
    do_sample: bool | None = Field(default=None, description="sample, or take the likeliest token each time")
    temperature: float | None = Field(default=None, gt=0, le=100, description="above 1 evens the odds, below sharpens")
    top_k: int | None = Field(default=None, gt=0, description="sample among so many likeliest tokens")
    top_p: float | None = Field(default=None, gt=0, le=1, description="sample among tokens of so much probability")
    typical_p: float | None = Field(default=None, gt=0, le=1, description="the same, among the most typical ones")
    repetition_penalty: float | None = Field(default=None, gt=0, le=100, description="1 is none")
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2, description="0 is none; per time generated")
    presence_penalty: float | None = Field(default=None, ge=-2, le=2, description="0 is none; once generated")
    seed: int | None = Field(default=None, ge=0, lt=2**63, description="makes sampling repeatable")
    stop: Stops | None = Field(default=None, description="texts that end the answer, which holds the one that did")
    stop_sequences: Stops | None = Field(default=None, description="the older name of stop")
    truncate: int | None = Field(default=None, gt=0, description="keep only so many last tokens of the prompt")
    return_full_text: bool | None = Field(default=None, description="put the prompt before the answer")
    details: bool | None = Field(default=None, description="tell tokens, their log-probabilities and the end's reason")
    decoder_input_details: bool | None = Field(default=None, description="with details, tell the prompt's tokens too")
    top_n_tokens: int | None = Field(default=None, ge=0, le=20, description="with details, the likeliest of each step")
    stream: bool | None = Field(default=None, description="answer token by token, as server-sent events")
    best_of: Annotated[int | None, unserved("only one answer is generated; leave out best_of", 1)] = None
    num_return_sequences: Annotated[
        int | None, unserved("only one answer is generated; leave out num_return_sequences", 1)
    ] = None
    watermark: Annotated[bool | None, unserved("watermarks are not made; leave out watermark", False)] = None
    adapter_id: Annotated[str | None, unserved("this server has no adapters; leave out adapter_id")] = None
    grammar: Annotated[Any, unserved("grammars are not served; leave out grammar")] = None

    def within(self, limits: Limits) -> Self:
        if self.stream and self.decoder_input_details:
            raise InvalidRequest("decoder_input_details is not told in a stream; leave out one of the two")
        return self.model_copy(update={"max_new_tokens": within(self.max_new_tokens, limits, "max_new_tokens")})

    @property
    def stops(self) -> tuple[str, ...]:
        """Every text that ends the answer."""
        return (self.stop or ()) + (self.stop_sequences or ())

    @property
    def samples(self) -> bool | None:
        """Whether to sample; None where nothing says so.

        Older clients always send `do_sample: false`, so a parameter of sampling that changes the odds outweighs it, as
        in text-generation-inference.
        """
        asked = [one for one in (self.temperature, self.top_k, self.top_p, self.typical_p) if one is not None]
        if self.do_sample is None:
            return True if asked else None
        return self.do_sample or any(one != 1.0 for one in asked)


def within(asked: int | None, limits: Limits, name: str) -> int:
    """How many tokens to generate for a caller who asks for so many, or does not say. Raises InvalidRequest."""
    if asked is None:
        return min(NEW_TOKENS, limits.new_tokens)
    if asked > limits.new_tokens:
        raise InvalidRequest(
            f"{name} is {asked:,}, and this server allows {limits.new_tokens:,} (MAX_NEW_TOKENS); ask for at most that"
        )
    return asked


@dataclass(frozen=True)
class Token:
    """A token; `text` is what the text grows by, `logprob` natural, None for a prompt's first; `top` are the likeliest
    at its place, if they were asked for."""

    id: int
    text: str
    logprob: float | None
    special: bool = False
    top: tuple[Token, ...] = ()


@dataclass(frozen=True)
class Generation:
    """A whole answer: `text` without the prompt and special tokens, with the stop sequence that ended it.

    `prefill` are the prompt's tokens where they were asked for, `seed` that of the sampling, `params` what was asked of
    the `model`.
    """

    prompt: str
    text: str
    tokens: tuple[Token, ...]
    finish_reason: FinishReason
    prompt_tokens: int
    params: TextGenerationParams
    model: str
    prefill: tuple[Token, ...] = ()
    seed: int | None = None


@dataclass(frozen=True)
class Piece:
    """One more token of an answer."""

    token: Token
    whole: Generation | None = None
