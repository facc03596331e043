"""What the tasks of decoders share: prompts in, tokens out, over one network."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Mapping, Sequence
from typing import Any, ClassVar, Generic, Self

from inference_common.chat import ChatParams
from inference_common.errors import InvalidRequest
from inference_common.generation import Piece, TextGenerationParams
from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.task import In, Out, P
from inference_common.token_limit import config_values, token_limit
from inference_common.warning_headers import cut_warnings, warnings_of_inputs
from transformers import AutoModelForCausalLM
from transformers.utils import logging

from ._engine import Engine
from ._row import Row
from ._shared import UNLIMITED_TOKENS, TextPipeline
from ._spelling import Vocabulary

SPECIAL_TOKENS = 16  # that a tokenizer may put around a text


class CausalPipeline(TextPipeline[In, P, Out], Generic[In, P, Out]):
    """A pipeline over a decoder; all tasks of one model share its weights and its rows."""

    auto: type = AutoModelForCausalLM
    also: ClassVar[tuple[str, ...]] = ("chat-completion", "conversational", "text-generation")

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        self.name = model.name
        config: Any = self.network.generation_config
        if config.pad_token_id is None:
            config.pad_token_id = self.tokenizer.pad_token_id
        if config.eos_token_id is None:
            config.eos_token_id = self.tokenizer.eos_token_id
        self.vocabulary, self.engine = Vocabulary(self.tokenizer), Engine(self.network)
        # From here on the library would say the same about every request.
        library_log: Any = logging
        library_log.set_verbosity_error()

    def __call__(self, inputs: In, params: P) -> Out:
        whole: Out = deque(self.stream(inputs, params), maxlen=1)[0].whole
        return whole

    @classmethod
    def adopt(cls, other: Pipeline[Any, Any, Any]) -> Self | None:
        if not isinstance(other, CausalPipeline):
            return None
        adopted = cls.__new__(cls)
        adopted.__dict__.update(other.__dict__)
        return adopted

    @property
    def longest(self) -> int:
        config = config_values(self.network.config.get_text_config(decoder=True))
        return token_limit(config) or token_limit({}, self.tokenizer.model_max_length) or UNLIMITED_TOKENS

    def memory(self, costs: Sequence[int], params: P) -> int:
        asked = params.generation() if isinstance(params, ChatParams) else params
        written = getattr(asked, "max_new_tokens", None) or self.longest
        rows = [self.network_memory.writing(1, cost, min(written, max(0, self.longest - cost))) for cost in costs]
        return super().memory([max(costs)], params) + sum(rows)

    def prompt_warnings(
        self, prompts: Sequence[str], params: P, asked: int | None, *, special: bool = True
    ) -> Sequence[str]:
        """What answers of `asked` tokens (None: the caller does not say) leave out for the room after their prompts,
        which get special tokens if `special`."""
        truncate: int | None = getattr(params, "truncate", None)
        return warnings_of_inputs([self._prompt_warnings(prompt, truncate, asked, special) for prompt in prompts])

    def _prompt_warnings(self, prompt: str, truncate: int | None, asked: int | None, special: bool) -> Sequence[str]:
        most = self.longest
        # No tokenizer makes more tokens than a text has bytes, but for a few special ones.
        if truncate is None and (asked is None or asked + len(prompt.encode()) + SPECIAL_TOKENS < most):
            return ()
        count = self.length(prompt, special=special)
        kept = count if truncate is None else min(count, truncate)
        warnings = [*cut_warnings(count, kept, "last", "prompt")]
        if asked is not None and 0 < most - kept < asked:
            warnings.append(f"{asked:,} tokens were asked for, and {most - kept:,} fit after a prompt of {kept:,}")
        return warnings

    def pieces(
        self,
        prompt: str,
        ids: Sequence[int],
        params: TextGenerationParams,
        features: Mapping[str, Any] | None = None,
        *,
        starts: Sequence[int | None] | None = None,
        ends: frozenset[int] = frozenset(),
    ) -> Generator[Piece, None, None]:
        """What follows a prompt of these tokens, and of features of what it shows; `starts` and `ends` as of Row.

        Raises InvalidRequest for no tokens, or more than the network reads.
        """
        kept = ids[-params.truncate :] if params.truncate else ids
        room = self.longest - len(kept)
        if not kept:
            raise InvalidRequest("The prompt holds no token; send a text")
        if room < 1:
            raise InvalidRequest(
                f"The prompt has {len(kept):,} tokens, and this model reads fewer than {self.longest:,}; shorten it,"
                " or send truncate"
            )
        starts = None if starts is None else starts[-len(kept) :]
        row = Row(self.name, self.vocabulary, prompt, kept, room, params, features, starts=starts, ends=ends)
        yield from self.engine.stream(row)
