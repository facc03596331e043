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

USUAL_PADS = ("[PAD]", "<pad>")  # of the tokenizers of BERT and RoBERTa, and their kin
WORD_PIECES: Mapping[str, Any] = {"continuing_subword_prefix": "##", "max_input_chars_per_word": 100}
"""How a class of BERT's splits words."""
GENERIC_CLASSES = frozenset({"PreTrainedTokenizerFast", "TokenizersBackend"})
"""Classes of transformers that take a tokenizer.json as it is. The others make the tokenizer anew, of its vocabulary
and of what tokenizer_config.json says."""


@dataclass(frozen=True)
class TokenizerConfig:
    """`side` is the one cut off from what is too long, `padding_side` where padding is put, `longest` the most tokens
    it gives (None: not said; transformers writes 10^30 for any number). `has_types` says whether it tells tokens of the
    second text of a pair from those of the first."""

    side: Side
    padding_side: Side
    pad_token: str
    longest: int | float | None
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
    cutting, padding = tokenizer.truncation or {}, tokenizer.padding or {}
    tokenizer.no_truncation()
    tokenizer.no_padding()
    parts = json.loads(tokenizer.to_str())
    if config.get("tokenizer_class") not in GENERIC_CLASSES:
        _check_class(tokenizer, parts, config)
    _check_added(parts["added_tokens"], config.get("added_tokens_decoder") or {})
    inputs = config.get("model_input_names")
    return TokenizerConfig(
        side=_side(config.get("truncation_side") or cutting.get("direction")),
        padding_side=_side(config.get("padding_side") or padding.get("direction")),
        pad_token=_pad(folder, tokenizer, config, padding),
        longest=config.get("model_max_length"),
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


def _check_class(tokenizer: Tokenizer, parts: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    """Of a tokenizer that a class of transformers makes anew."""
    if parts["model"].get("type") == "WordPiece":
        _check_bert(tokenizer, parts, config)
    for part in _nested(parts.get("pre_tokenizer")):
        if part["type"] == "ByteLevel":
            _check_equal("add_prefix_space", config.get("add_prefix_space", False), part["add_prefix_space"])
    for key in ("add_bos_token", "add_eos_token"):
        if config.get(key):
            raise Unsupported(f"tokenizer_config.json has {key!r}, which only the library itself does")


def _check_bert(tokenizer: Tokenizer, parts: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    normalizer, splitter = parts.get("normalizer") or {}, parts.get("pre_tokenizer") or {}
    for key, usual in WORD_PIECES.items():
        _check_equal(key, usual, parts["model"].get(key, usual))
    _check_equal("the normalizer", "BertNormalizer", normalizer.get("type"))
    _check_equal("the pre-tokenizer", "BertPreTokenizer", splitter.get("type"))
    lowercase = config.get("do_lower_case", True)
    _check_equal("clean_text", True, normalizer["clean_text"])
    _check_equal("do_lower_case", lowercase, normalizer["lowercase"])
    _check_equal("tokenize_chinese_chars", config.get("tokenize_chinese_chars", True),
                 normalizer["handle_chinese_chars"])  # fmt: skip
    accents = (config.get("strip_accents"), normalizer["strip_accents"])
    _check_equal("strip_accents", *(lowercase if one is None else one for one in accents))  # None: as lowercase
    _check_frame(tokenizer, config)


def _check_frame(tokenizer: Tokenizer, config: Mapping[str, Any]) -> None:
    """What stands around texts, which MPNet has as RoBERTa, and the other classes as BERT."""
    is_mpnet = str(config.get("tokenizer_class")).startswith("MPNet")
    begin, end = (
        [tokenizer.token_to_id(_text(config.get(key)) or usual)]
        for key, usual in (("cls_token", "[CLS]"), ("sep_token", "[SEP]"))
    )
    bare = tokenizer.encode("a", add_special_tokens=False).ids
    first, second = [*begin, *bare, *end], [*(end if is_mpnet else []), *bare, *end]
    text, pair = tokenizer.encode("a"), tokenizer.encode("a", "a")
    _check_equal("the tokens of a text", first, text.ids)
    _check_equal("the tokens of a pair", first + second, pair.ids)
    _check_equal("the types of a pair", [0] * len(first) + [int(not is_mpnet)] * len(second), pair.type_ids)


def _check_equal(key: str, said: Any, done: Any) -> None:
    if said != done:
        raise Unsupported(f"{key} of the tokenizer is {said} for the library, and {done} in tokenizer.json")


def _check_added(added: list[Mapping[str, Any]], decoder: Mapping[str, Mapping[str, Any]]) -> None:
    """Tokens that tokenizer_config.json adds, if it tells any, must be those of tokenizer.json."""
    known = {str(token["id"]): token for token in added}
    for place in decoder.keys() | (known.keys() if decoder else ()):
        ours, theirs = decoder.get(place, {}), known.get(place, {})
        if not ours or any(theirs.get(key) != value for key, value in ours.items()):
            raise Unsupported(f"tokenizer_config.json and tokenizer.json add different tokens as number {place[:20]}")


def _nested(part: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """A part of a tokenizer, and those that it is made of."""
    if part is not None:
        yield part
        for name in ("normalizers", "pretokenizers"):
            for inner in part.get(name, ()):
                yield from _nested(inner)
