"""How many tokens a network reads, of what its config and its tokenizer say; libraries say "no limit" in many ways."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

MAX_LIMIT = 2**31 - 1  # larger ones, such as the 1e30 of a tokenizer that knows none, mean none
PADDED_POSITIONS = frozenset({
    "altclip_text_model", "bridgetower_text_model", "camembert", "clap_text_model", "data2vec-text", "esm", "ibert",
    "layoutlmv3", "lilt", "longformer", "luke", "markuplm", "mluke", "mpnet", "roberta", "roberta-prelayernorm",
    "xlm-roberta", "xlm-roberta-xl", "xmod",
})  # fmt: skip
"""Kinds of networks (`model_type`) whose positions begin after that of padding, which is their `pad_token_id`."""
USUAL_PADDING = 1  # their `pad_token_id`, where a config does not say
POSITION_KEYS = (
    "model_type", "max_position_embeddings", "max_encoder_position_embeddings", "pad_token_id", "relative_attention",
    "position_biased_input",
)  # fmt: skip
"""What of a config decides how many positions there are."""


def token_limit(config: Mapping[str, Any], *lengths: object) -> int | None:
    """The most tokens, special ones included, that a network with this config reads, and that no other of the `lengths`
    (a tokenizer's `model_max_length`) cuts off; None: any number."""
    known = [limit for limit in (positions(config), *map(_limit, lengths)) if limit is not None]
    return min(known, default=None)


def positions(config: Mapping[str, Any]) -> int | None:
    """The positions that a network has for tokens; None where they are relative to one another, or not said."""
    count = _limit(config.get("max_position_embeddings")) or _limit(config.get("max_encoder_position_embeddings"))
    is_relative = config.get("relative_attention") and config.get("position_biased_input") is False
    if count is None or is_relative:
        return None
    if config.get("model_type") not in PADDED_POSITIONS:
        return count
    padding = config.get("pad_token_id")
    return max(1, count - 1 - (padding if isinstance(padding, int) else USUAL_PADDING))


def config_values(config: Any) -> Mapping[str, Any]:
    """What of a config of transformers decides it: some of its names stand for others."""
    return {name: getattr(config, name, None) for name in POSITION_KEYS}


def _limit(value: object) -> int | None:
    """A number of tokens; None for what stands for no limit: nothing, infinity, NaN, -1, 1e30."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if 0 < value <= MAX_LIMIT else None
