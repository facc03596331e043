"""Texts as tokens: how many they are, and what a network reads of them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tokenizers import Encoding, Tokenizer

from ._networks import Network, Side
from ._tokenizer_config import TokenizerConfig


class TokenizedText(str):
    """A text, and its tokens, cut at the tokenizer's usual side."""

    __slots__ = ("tokens",)
    tokens: Encoding


class TokenReader:
    """The tokens of texts (or pairs) as one network reads them, in any thread."""

    def __init__(self, folder: Path, longest: int | None, config: TokenizerConfig) -> None:
        self._usual_side = config.side
        self._cutting = cache(lambda side: _cutting(folder, longest, side, config))
        self.tokenizer: Tokenizer = self._cutting(config.side)  # which pads none that it is given alone

    def of(self, text: str) -> TokenizedText:
        """The text with its tokens."""
        tokenized = TokenizedText(text)
        (tokenized.tokens,) = self.tokenizer.encode_batch_fast([text])
        return tokenized

    def batch(self, texts: Sequence[Any], side: Side | None) -> Sequence[Encoding]:
        """Equally many tokens of each, cut at this side."""
        if side in (None, self._usual_side) and all(isinstance(text, TokenizedText) for text in texts):
            return _padded([text.tokens for text in texts], self.tokenizer.padding)
        return self._cutting(side or self._usual_side).encode_batch_fast(list(texts))


class TokenCounter:
    """Counts tokens, in any thread."""

    def __init__(self, network: Network) -> None:
        self._tokenizer, self._most = network.tokenizer, network.longest
        self._whole: Tokenizer | None = None

    @property
    def exact(self) -> bool:
        """Whether tokens are counted; characters are, for a tokenizer that only Python knows."""
        return self._tokenizer is not None

    def __call__(self, text: str) -> int:
        """The tokens of `text` that the model reads, special ones included."""
        if isinstance(text, TokenizedText):
            return len(text.tokens)
        count = _length(self._tokenizer, text)
        return count if self._most is None else min(count, int(self._most))

    def length(self, text: str, pair: str | None = None) -> int:
        """The tokens of `text`, and of the text read after it, before anything is cut."""
        if self._whole is None:  # few callers need it
            self._whole = _without_cut(self._tokenizer)
        return _length(self._whole, text, pair)


def _without_cut(tokenizer: Tokenizer | None) -> Tokenizer | None:
    copied = copy.deepcopy(tokenizer)
    if copied is not None:
        copied.no_truncation()
    return copied


def _length(tokenizer: Tokenizer | None, text: str, pair: str | None = None) -> int:
    return len(text) + len(pair or "") if tokenizer is None else len(tokenizer.encode(text, pair))


def _padded(encodings: Sequence[Encoding], padding: Any) -> Sequence[Encoding]:
    longest = max(map(len, encodings))
    how = {name: padding[name] for name in ("direction", "pad_id", "pad_type_id", "pad_token")}
    for encoding in encodings:
        encoding.pad(longest, **how)
    return encodings


def _cutting(folder: Path, longest: int | None, side: Side, config: TokenizerConfig) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()  # which tokenizer.json may say
    if longest is not None:
        tokenizer.enable_truncation(longest, direction=side)
    tokenizer.enable_padding(
        direction=config.padding_side, pad_id=tokenizer.token_to_id(config.pad_token), pad_token=config.pad_token
    )
    return tokenizer
