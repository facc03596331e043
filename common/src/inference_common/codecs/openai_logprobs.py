"""Log-probabilities of the tokens of a completion, and where each token begins in its text."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

from ..errors import InvalidRequest
from ..generation import Generation, Token
from .openai_answers import ListedLogprobs


def logprobs_of(generation: Generation) -> ListedLogprobs:
    """Those of an answer's tokens; of its prompt's before them, where the answer's text begins with the prompt.

    Raises InvalidRequest where it is not known where the prompt's tokens begin.
    """
    params, prompt = generation.params, generation.prompt
    further = listed_logprobs(generation.tokens, len(prompt) if params.return_full_text else 0)
    if not (params.return_full_text and params.decoder_input_details):
        return further
    tokens = [token for token in generation.prefill if token.start is not None]
    starts = [token.start or 0 for token in tokens]
    if not tokens:
        raise InvalidRequest(
            "This model's tokenizer does not tell where its tokens stand in a text; leave out echo, or logprobs"
        )
    ends = [*starts[1:], len(prompt)]
    return {
        "tokens": [prompt[start:end] for start, end in zip(starts, ends, strict=True)] + further["tokens"],
        "token_logprobs": [token.logprob for token in tokens] + further["token_logprobs"],
        "top_logprobs": [None if token.logprob is None else _top(token) for token in tokens] + further["top_logprobs"],
        "text_offset": starts + further["text_offset"],
    }


def listed_logprobs(tokens: Iterable[Token], offset: int) -> ListedLogprobs:
    """Those of tokens of a text, the first of which begins at `offset`; special tokens are no part of it."""
    spelled = [token for token in tokens if not token.special]
    ends = list(itertools.accumulate((len(token.text) for token in spelled), initial=offset))
    return {
        "tokens": [token.text for token in spelled],
        "token_logprobs": [token.logprob for token in spelled],
        "top_logprobs": [_top(token) for token in spelled],
        "text_offset": ends[:-1],
    }


def _top(token: Token) -> Mapping[str, float | None]:
    return {top.text: top.logprob for top in token.top}
