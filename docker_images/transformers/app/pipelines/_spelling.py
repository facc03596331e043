"""Tokens to text as they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inference_common.generation import Token
from transformers import PreTrainedTokenizerBase

CONTEXT = 6  # tokens of the prompt that decide how the first new one is spelled (a space before it, half a character)
UNFINISHED = "\N{REPLACEMENT CHARACTER}"


class Vocabulary:
    """The tokens of a tokenizer, one by one."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer: Any = tokenizer
        self.special = frozenset(tokenizer.all_special_ids) | _left_out(tokenizer)

    def text(self, tokens: Sequence[int], *, special: bool = False) -> str:
        """The text of tokens, with or without the special ones."""
        text: str = self._tokenizer.decode(
            list(tokens), skip_special_tokens=not special, clean_up_tokenization_spaces=False
        )
        return text

    def token(self, id_: int, logprob: float | None) -> Token:
        """A token as it is spelled alone."""
        return Token(id_, self.text([id_], special=True), logprob, id_ in self.special)


class Spelling:
    """What each new token adds to the text of those before it, special tokens left out.

    The tokens since the last whole character are decoded anew each time: what one spells depends on its neighbours,
    and a character may take several (the algorithm of text-generation-inference).
    """

    def __init__(self, vocabulary: Vocabulary, prompt: Sequence[int]) -> None:
        self._vocabulary = vocabulary
        self._ids = list(prompt[-CONTEXT:])
        self._read = len(self._ids)  # of _ids, how many the text so far holds

    def add(self, token: int) -> str:
        """The text that `token` adds; nothing while a character is unfinished."""
        self._ids.append(token)
        before, now = self._decoded(self._read), self._decoded(len(self._ids))
        if len(now) <= len(before) or now.endswith(UNFINISHED):
            return ""
        self._ids = self._ids[self._read :]
        self._read = len(self._ids)
        return now[len(before) :]

    def end(self) -> str:
        """What is left at the end of an answer: characters that stayed unfinished."""
        return self._decoded(len(self._ids))[len(self._decoded(self._read)) :]

    def _decoded(self, count: int) -> str:
        return self._vocabulary.text(self._ids[:count])


def _left_out(tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """The tokens that are left out with the special ones though none of the tokenizer's attributes names them, as
    tokens that end a turn often are."""
    if not tokenizer.is_fast:
        return frozenset()
    added: Any = tokenizer.added_tokens_decoder
    return frozenset(id_ for id_, token in added.items() if token.special)
