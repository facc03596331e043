"""How the library tokenizes, read from a tokenizer's files without it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference_common.config_files import read_json
from tokenizers import Tokenizer

from ._networks import Side
from ._unsupported import Unsupported

NO_LIMIT = 10**9  # of `model_max_length`: transformers writes 10^30 where a tokenizer has none
USUAL_PADS = ("[PAD]", "<pad>")  # of the tokenizers of BERT and RoBERTa, and their kin
GENERIC_CLASSES = frozenset({"PreTrainedTokenizerFast", "TokenizersBackend"})
"""Classes of transformers that take a tokenizer.json as it is. The others make the tokenizer anew, of its vocabulary
and of what tokenizer_config.json says."""


@dataclass(frozen=True)
class TokenizerConfig:
    """`side` is the one cut off from what is too long, `padding_side` where padding is put, `longest` the most tokens
    it gives (None: not said). `has_types` says whether it tells tokens of the second text of a pair from those of the
    first."""

    side: Side
    padding_side: Side
    pad_token: str
    longest: int | None
    has_types: bool
    has_chat_template: bool


def read_tokenizer_config(folder: Path) -> TokenizerConfig:
    """Of the tokenizer in a folder. Raises Unsupported where transformers would make another of its files than
    tokenizer.json says."""
    file = folder / "tokenizer.json"
    if not file.is_file():
        raise Unsupported("there is no tokenizer.json")
    config = read_json(folder / "tokenizer_config.json")
    tokenizer = Tokenizer.from_file(str(file))
    parts = json.loads(tokenizer.to_str())
    if config.get("tokenizer_class") not in GENERIC_CLASSES:
        _check_parts(parts, config)
    _check_added(parts["added_tokens"], config.get("added_tokens_decoder") or {})
    cutting, padding = tokenizer.truncation or {}, tokenizer.padding or {}
    longest = config.get("model_max_length")
    inputs = config.get("model_input_names")
    return TokenizerConfig(
        side=_side(config.get("truncation_side") or cutting.get("direction")),
        padding_side=_side(config.get("padding_side") or padding.get("direction")),
        pad_token=_pad(folder, tokenizer, config, padding),
        longest=int(longest) if longest is not None and longest < NO_LIMIT else None,
        has_types=not inputs or "token_type_ids" in inputs,
        has_chat_template=bool(config.get("chat_template")) or any(folder.glob("*chat_template*")),
    )


def _side(named: str | None) -> Side:
    return "left" if named == "left" else "right"


def _pad(folder: Path, tokenizer: Tokenizer, config: Mapping[str, Any], padding: Mapping[str, Any]) -> str:
    """The token that padding is made of."""
    special = read_json(folder / "special_tokens_map.json")
    named = (_text(one.get("pad_token")) for one in (config, special, padding))
    for token in (*(name for name in named if name), *USUAL_PADS):
        if tokenizer.token_to_id(token) is not None:
            return token
    raise Unsupported("the tokenizer has no token to pad with")


def _text(token: Any) -> str:
    return str(token["content"]) if isinstance(token, dict) else str(token or "")


def _check_parts(parts: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    for part in _nested(parts.get("normalizer")):
        if part["type"] == "BertNormalizer":
            lowercase, chinese = config.get("do_lower_case", True), config.get("tokenize_chinese_chars", True)
            _check_equal("do_lower_case", lowercase, part["lowercase"])
            _check_equal("tokenize_chinese_chars", chinese, part["handle_chinese_chars"])
            ours, theirs = config.get("strip_accents"), part["strip_accents"]
            # None: as lowercase
            _check_equal("strip_accents", *(lowercase if one is None else one for one in (ours, theirs)))
    for part in _nested(parts.get("pre_tokenizer")):
        if part["type"] == "ByteLevel":
            _check_equal("add_prefix_space", config.get("add_prefix_space", False), part["add_prefix_space"])
    for key in ("add_bos_token", "add_eos_token"):
        if config.get(key):
            raise Unsupported(f"tokenizer_config.json has {key!r}, which only the library itself does")


def _check_equal(key: str, said: Any, done: Any) -> None:
    if said != done:
        raise Unsupported(f"{key} of the tokenizer is {said} for the library, and {done} in tokenizer.json")


def _check_added(added: list[Mapping[str, Any]], decoder: Mapping[str, Mapping[str, Any]]) -> None:
    """Tokens that tokenizer_config.json adds must be those of tokenizer.json."""
    known = {token["id"]: {**token} for token in added}
    for place, token in decoder.items():
        if any(known.get(int(place), {}).get(key) != value for key, value in token.items()):
            raise Unsupported(f"tokenizer_config.json adds a token {_text(token)[:50]!r} that tokenizer.json has not")


def _nested(part: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """A part of a tokenizer, and those that it is made of."""
    if part is not None:
        yield part
        for name in ("normalizers", "pretokenizers"):
            for inner in part.get(name, ()):
                yield from _nested(inner)
