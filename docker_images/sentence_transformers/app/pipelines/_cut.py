"""Which texts are longer than a network reads them."""

from __future__ import annotations

from collections.abc import Sequence

from ._networks import Network
from ._tokens import TokenCounter

SPECIAL_TOKENS = 16  # that a tokenizer may put around a text


def length_if_cut(network: Network, tokens: TokenCounter, text: str) -> int:
    """The tokens of a text, or 0 where the network reads all of them."""
    most = network.longest
    # No tokenizer makes more tokens than a text has bytes, but for a few special ones.
    if most is None or not tokens.exact or len(text.encode()) + SPECIAL_TOKENS <= most:
        return 0
    length = tokens.length(text)
    return length if length > most else 0


def cut_texts(network: Network, tokens: TokenCounter, texts: Sequence[str]) -> Sequence[str]:
    """The warning that some of a request's texts are cut, where they are."""
    cut = sum(length_if_cut(network, tokens, text) > 0 for text in texts)
    return [f"{cut:,} of {len(texts):,} texts are cut to the {network.longest:,} tokens that are read"] if cut else ()
