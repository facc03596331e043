"""How a network writes text: the GenerationParameters that several tasks share, of @huggingface/tasks' definitions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self, TypeVar

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..errors import InvalidRequest
from ..generation import too_many
from ..task import Limits, Params

MOST_BEAMS = 16
MOST, LEAST = ("max_length", "max_new_tokens"), ("min_length", "min_new_tokens")
LENGTHS = (frozenset({*MOST, *LEAST}),)
P = TypeVar("P", bound=Params)


class GeneratedText(TypedDict):
    """A text that the model wrote."""

    generated_text: str


class GenerationParameters(Params):
    """How a text is generated; `None` leaves a choice to the model."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    together = LENGTHS
    do_sample: bool | None = Field(default=None, description="sample the next token; else it is the likeliest")
    temperature: float | None = Field(default=None, gt=0, le=100, description="how evenly tokens are sampled")
    top_k: int | None = Field(default=None, ge=0, description="sample among the so many likeliest tokens; 0: all")
    top_p: float | None = Field(default=None, gt=0, le=1, description="sample among the likeliest of this probability")
    typical_p: float | None = Field(default=None, gt=0, le=1, description="sample among the most typical tokens")
    epsilon_cutoff: float | None = Field(default=None, ge=0, lt=1, description="sample no token less probable")
    eta_cutoff: float | None = Field(default=None, ge=0, lt=1, description="as epsilon_cutoff, by the entropy")
    max_length: int | None = Field(default=None, gt=1, description="most tokens, with those of the prompt")
    max_new_tokens: int | None = Field(default=None, gt=0, description="most tokens to generate")
    min_length: int | None = Field(default=None, ge=0, description="least tokens, with those of the prompt")
    min_new_tokens: int | None = Field(default=None, ge=0, description="least tokens to generate")
    early_stopping: bool | Literal["never"] | None = Field(default=None, description="when a search by beams ends")
    num_beams: int | None = Field(default=None, gt=0, le=MOST_BEAMS, description="texts that are followed at once")
    num_beam_groups: int | None = Field(default=None, gt=0, le=MOST_BEAMS, description="groups of unlike beams")
    penalty_alpha: float | None = Field(default=None, ge=0, le=1, description="how contrastive search weighs likeness")
    use_cache: bool | None = Field(default=None, description="keep what was computed of earlier tokens")

    @property
    def asked(self) -> dict[str, object]:
        """What the caller did say, by name."""
        return {name: value for name, value in self if value is not None}

    def within(self, limits: Limits) -> Self:
        for name in LEAST:
            count = getattr(self, name)
            if count is not None and count > limits.new_tokens:
                raise InvalidRequest(
                    f"{name} is {count:,}, and this server generates at most {limits.new_tokens:,} tokens"
                    " (MAX_NEW_TOKENS); ask for at most that"
                )
        most = limits.new_tokens
        lower = {name: most for name in MOST if (count := getattr(self, name)) is not None and count > most}
        return nested_within(self.model_copy(update=lower) if lower else self, limits)

    def lowered(self, limits: Limits) -> Sequence[str]:
        own = [warning for name in MOST for warning in too_many(getattr(self, name), limits)]
        return [*own, *nested_lowered(self, limits)]


def nested_within(params: P, limits: Limits) -> P:
    """Parameters, those of their fields that are GenerationParameters within limits. Raises as their `within`."""
    inside = {name: value.within(limits) for name, value in params if isinstance(value, GenerationParameters)}
    return params.model_copy(update=inside) if inside else params


def nested_lowered(params: Params, limits: Limits) -> Sequence[str]:
    """What `nested_within` lowers."""
    return [one for _, value in params if isinstance(value, GenerationParameters) for one in value.lowered(limits)]


def asked_once(
    outside: GenerationParameters, inside: GenerationParameters | None, kind: type[GenerationParameters]
) -> dict[str, object]:
    """What a caller said, by name, of parameters that may stand outside or inside a field of their own.

    Raises ValueError for one that stands in both.
    """
    said = {name: value for name in kind.model_fields if (value := getattr(outside, name)) is not None}
    nested = {} if inside is None else inside.asked
    twice = sorted(said.keys() & nested.keys())
    if twice:
        raise ValueError(f"{', '.join(twice)} stands among the parameters and inside one of them; send it once")
    return {**said, **nested}
