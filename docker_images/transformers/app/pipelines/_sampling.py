"""How the next token is chosen: the library's own processors of scores, and a generator of random numbers a row."""

from __future__ import annotations

import secrets
from typing import Any

import torch
from inference_common.generation import TextGenerationParams
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList

COLDEST = 0.01  # a temperature below it would take scores out of a float's range, and samples as if it were this


def config_of(params: TextGenerationParams) -> GenerationConfig:
    """What was asked, in the library's words; what it leaves open is the model's own to say."""
    asked = {
        "max_new_tokens": params.max_new_tokens,
        "repetition_penalty": params.repetition_penalty,
        "do_sample": params.samples,
        "num_beams": 1,
        "num_return_sequences": 1,
    }
    if params.samples:
        asked |= {
            "temperature": None if params.temperature is None else max(params.temperature, COLDEST),
            "top_k": params.top_k,
            "top_p": params.top_p,
            "typical_p": params.typical_p,
        }
    config: Any = GenerationConfig
    made: GenerationConfig = config(**{name: value for name, value in asked.items() if value is not None})
    return made


def penalties_of(params: TextGenerationParams, prompt_length: int) -> LogitsProcessorList:
    """The processors that the library lacks."""
    frequency, presence = params.frequency_penalty or 0.0, params.presence_penalty or 0.0
    wanted = [CountPenalty(prompt_length, frequency, presence)] if frequency or presence else []
    return LogitsProcessorList(wanted)


class CountPenalty(LogitsProcessor):
    """Lowers the scores of tokens generated so far: `frequency` for each time, `presence` once, as OpenAI defines."""

    def __init__(self, prompt_length: int, frequency: float, presence: float) -> None:
        self._prompt_length, self._frequency, self._presence = prompt_length, frequency, presence

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Of one row: ids of shape (1, tokens), scores of shape (1, vocabulary)."""
        counts = torch.bincount(input_ids[0, self._prompt_length :], minlength=scores.shape[-1])
        return scores - self._frequency * counts - self._presence * (counts > 0)


class Choice:
    """Chooses the tokens of one row, which no other row's choices can disturb."""

    def __init__(
        self, processors: LogitsProcessorList, config: GenerationConfig, seed: int | None, device: str
    ) -> None:
        self._processors: Any = processors
        self.likeliest = not config.do_sample and not processors
        """Whether the token is always that of the highest logit."""
        self.seed = (secrets.randbits(63) if seed is None else seed) if config.do_sample else None
        self._random = None if self.seed is None else torch.Generator(device).manual_seed(self.seed)

    def __call__(self, ids: torch.Tensor, logits: torch.Tensor) -> int:
        """A token after `ids`, of shape (1, tokens), by float32 logits of shape (1, vocabulary)."""
        scores = self._processors(ids, logits.clone())
        # An extreme penalty makes infinities, which would leave no probabilities.
        largest = torch.finfo(scores.dtype).max
        scores = scores.nan_to_num(nan=-largest, posinf=largest, neginf=-torch.inf)
        if self._random is None:
            return int(scores.argmax())
        return int(torch.multinomial(scores.softmax(-1), 1, generator=self._random))
