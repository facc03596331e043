"""A made-up vocabulary, in place of a model's own: as many words as real models know."""

from __future__ import annotations

import itertools
from functools import cache

SYLLABLES = [a + b for a, b in itertools.product("bdfgklmnprstvz", "aeiou")]


@cache
def words() -> list[str]:
    """All words of two syllables, then those of three: some 348,000, each once."""
    return ["".join(some) for length in (2, 3) for some in itertools.product(SYLLABLES, repeat=length)]
