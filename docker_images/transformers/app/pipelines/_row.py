"""One answer in the making."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from inference_common.generation import FinishReason, Generation, Piece, TextGenerationParams, Token
from inference_common.stops import StopSearch

from ._group import Group, begun
from ._sampling import Choice, config_of, penalties_of
from ._spelling import Spelling, Vocabulary


class Row:
    """One answer in the making; `pieces` are those made and not yet read.

    `room` is how many tokens still fit; `features` are what the network reads with the prompt (images); `starts` is
    where each of the prompt's tokens begins in it (None: not known); `ends` are tokens that end the answer besides
    those of the model's generation config.
    """

    def __init__(self, model: str, vocabulary: Vocabulary, prompt: str, ids: Sequence[int], room: int,
                 params: TextGenerationParams, features: Mapping[str, Any] | None = None, *,
                 starts: Sequence[int | None] | None = None, ends: frozenset[int] = frozenset()) -> None:  # fmt: skip
        self.model, self.ids, self.params, self.prompt = model, list(ids), params, prompt
        self._features, self._starts, self._ends = features or {}, starts or [None] * len(self.ids), ends
        self.pieces: deque[Piece] = deque()
        self.error: Exception | None = None
        self.ended = False
        self.tokens: list[Token] = []
        self._vocabulary, self._spelling = vocabulary, Spelling(vocabulary, ids)
        self._most = min(params.max_new_tokens or room, room)
        self._text = StopSearch(params.stops)
        self._prefill: tuple[Token, ...] = ()

    def begin(self, network: Any) -> tuple[Group, int]:
        """Read the prompt, alone, and choose the first token."""
        ids = torch.tensor([self.ids], device=network.device)
        wants_prefill = bool(self.params.details and self.params.decoder_input_details)
        group, logits, processors, config = begun(
            network,
            ids,
            every_logit=wants_prefill,
            generation_config=config_of(self.params),
            logits_processor=penalties_of(self.params, len(self.ids)),
            **self._features,
        )
        eos: int | Sequence[int] = config.eos_token_id if config.eos_token_id is not None else ()
        self._ends |= frozenset([eos] if isinstance(eos, int) else eos)
        self.choice = Choice(processors, config, self.params.seed, str(network.device))
        if wants_prefill:
            self._prefill = self._told_prompt(logits)
        return group, self.choose(ids, logits[-1:])

    def choose(self, ids: torch.Tensor, logits: torch.Tensor) -> int:
        """The token after `ids`, of shape (1, tokens), made a piece; logits are of shape (1, vocabulary)."""
        chosen = self.choice(ids, logits)
        self.take(chosen, float(logits[0, chosen] - logits.logsumexp(-1)), logits)
        return chosen

    def take(self, chosen: int, logprob: float, logits: torch.Tensor) -> None:
        """Make a piece of a chosen token; the last one holds the whole answer."""
        added, alone = self._spelling.add(chosen), self._vocabulary.token(chosen, logprob)
        token = dataclasses.replace(alone, text=alone.text if alone.special else added, top=self._likeliest(logits))
        stopped = self._text.add(token)
        reason: FinishReason | None = None
        if chosen in self._ends:
            reason = "eos_token"
        elif stopped:
            reason = "stop_sequence"
        elif len(self.tokens) + 1 >= self._most:
            reason = "length"
        if reason is not None and not token.special:
            token = dataclasses.replace(token, text=added + self._spelling.end())
        self.tokens.append(token)
        self.ended = reason is not None
        self.pieces.append(Piece(token, None if reason is None else self._whole(reason)))

    def _whole(self, reason: FinishReason) -> Generation:
        return Generation(
            self.prompt,
            self._text.text + self._spelling.end(),
            tuple(self.tokens),
            reason,
            len(self.ids),
            self.params,
            self.model,
            self._prefill,
            self.choice.seed,
        )

    def _likeliest(self, logits: torch.Tensor) -> tuple[Token, ...]:
        count = self.params.top_n_tokens
        if not count:
            return ()
        values, ids = logits[0].log_softmax(-1).topk(min(count, logits.shape[-1]))
        return tuple(map(self._vocabulary.token, ids.tolist(), values.tolist()))

    def _told_prompt(self, logits: torch.Tensor) -> tuple[Token, ...]:
        """The prompt's tokens, by the logits after each of them."""
        ids = torch.tensor(self.ids[1:], device=logits.device)
        logprobs = logits[:-1].log_softmax(-1).gather(1, ids[:, None])[:, 0]
        tops = [(), *(self._likeliest(one[None]) for one in logits[:-1])]
        tokens = map(self._vocabulary.token, self.ids, [None, *logprobs.tolist()])
        return tuple(
            dataclasses.replace(token, start=start, top=top)
            for token, start, top in zip(tokens, self._starts, tops, strict=True)
        )
