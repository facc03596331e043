"""What the tasks of this library ask of a network, whichever way it is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

Vectors = npt.NDArray[np.float32]
Role = Literal["query", "document"]
Side = Literal["left", "right"]

TOKENS_PER_CALL = 16_384
"""Of texts that go through a network together on a CPU, padding included; they bound the memory of a call. As many as
32 texts of 512 tokens have, the most that most models read."""
SPECIAL_TOKENS = 8  # at most, that a tokenizer adds to a text


@dataclass(frozen=True)
class Way:
    """How texts are embedded: `prompt` is a prompt's name, `role` chooses the model's own for it; `dimensions` keeps
    the first so many; `side` is the one cut off from what is too long."""

    prompt: str | None = None
    role: Role | None = None
    normalize: bool = False
    dimensions: int | None = None
    side: Side | None = None


USUAL = Way()


def texts_per_call(most: int, longest: int | None, text_bytes: int) -> int:
    """How many texts of up to so many bytes in UTF-8 go through a network together, `most` at most: each byte may be a
    token, and a network reads `longest` of them (None: all)."""
    tokens = text_bytes + SPECIAL_TOKENS
    return max(1, min(most, TOKENS_PER_CALL // (tokens if longest is None else min(longest, tokens))))


class Network(Protocol):
    """`dtype` is the type of its weights (None: not stated), `lanes` how many calls may run at once, `longest` the most
    tokens it reads (None: any). `tokenizer` counts them: it pads nothing, cuts at `longest` or nowhere, and is never
    reconfigured."""

    @property
    def device(self) -> str: ...
    @property
    def dtype(self) -> str | None: ...
    @property
    def lanes(self) -> int: ...
    @property
    def longest(self) -> int | None: ...
    @property
    def tokenizer(self) -> Tokenizer | None: ...

    def preprocess(self, text: str) -> str:
        """The text, it may be with its tokens, which then are not looked for twice."""
        ...


class Encoder(Network, Protocol):
    """Makes embeddings: `dimension` numbers each (None: not known)."""

    @property
    def dimension(self) -> int | None: ...
    @property
    def prompts(self) -> Mapping[str, str]: ...

    def encode(self, texts: Sequence[str], way: Way = USUAL) -> Vectors:
        """Embeddings of shape (texts, dimensions)."""
        ...

    def similarity(self, left: Vectors, right: Vectors) -> Vectors:
        """How alike embeddings are, as the model means it: shape (left, right)."""
        ...


class Scorer(Network, Protocol):
    """Scores pairs of texts."""

    def score(self, pairs: Sequence[tuple[str, str]], *, raw: bool = False) -> Sequence[float]:
        """One score a pair, higher for what fits better; `raw` ones are before the activation function."""
        ...
