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
