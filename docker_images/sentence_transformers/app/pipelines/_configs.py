"""What the library makes of a repository's configs, read without it: old keys and new, by the release that is pinned.

Whatever it reads that is not done in `_onnx` is left to it: a key that is not known here may change any number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from inference_common.config_files import read_json
from inference_common.token_limit import token_limit

from ._kinds import CONFIG, kind_of
from ._tokenizer_config import TokenizerConfig, read_tokenizer_config
from ._unsupported import Unsupported

TRANSFORMER_FILES = tuple(
    f"sentence_{kind}_config.json"
    for kind in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
)
"""The names that releases gave one file, in the order in which the library looks for them."""
HEAD = "ForSequenceClassification"  # ends the name of a network that scores
SHARED_KEYS = frozenset({"__version__", "model_type", "prompts", "default_prompt_name"})
ENCODER_KEYS = SHARED_KEYS | {"similarity_fn_name", "truncate_dim"}
SCORER_KEYS = SHARED_KEYS | {"activation_fn", "keep_in_fp32_modules"}  # which changes nothing in single precision
ENCODER_DEFAULTS = {"query": None, "document": None}
"""Prompts that each SentenceTransformer has, empty where its config has none of that name."""
NOTHING: Mapping[str, Collection[Any]] = {
    "do_lower_case": (False,), "tokenizer_name_or_path": (None,), "unpad_inputs": (None, True, False),
    "query_length": (None,), "document_length": (None,), "query_expansion": (None,), "processing_kwargs": ({}, None),
    **dict.fromkeys(("model_args", "model_kwargs", "tokenizer_args", "processor_kwargs", "config_args",
                     "config_kwargs"), ({},)),
}  # fmt: skip
"""Values of the Transformer's keys with which nothing is done that is not done here."""
TASKS: Mapping[str, Mapping[str, Any]] = {
    name: {
        "transformer_task": name,
        "modality_config": {"text": {"method": "forward", "method_output_name": output}},
        "module_output_name": feature,
    }
    for name, output, feature in (
        ("feature-extraction", "last_hidden_state", "token_embeddings"),
        ("sequence-classification", "logits", "scores"),
    )
}
"""What the Transformer of an encoder, and of a cross-encoder, is used for."""
POOLING_MODES: Mapping[str, str] = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
"""How releases before 5.4 named them, in the order in which several are joined."""
SIMILARITIES = ("cosine", "dot", "euclidean", "manhattan")


@dataclass(frozen=True)
class TextConfig:
    """Of either kind of model: `part` is the folder of the network's files in the model's, `longest` the most tokens
    that it reads (None: any number), `default_prompt` the text put before each input where no prompt is named."""

    part: str
    longest: int | None
    tokenizer: TokenizerConfig
    default_prompt: str


@dataclass(frozen=True)
class EncoderConfig(TextConfig):
    """Of a SentenceTransformer: tokens of `width` numbers, pooled in one way or several joined, and it may be
    normalised; `truncate_dim` is how many numbers are kept where a request does not say (None: all)."""

    width: int
    pooling: tuple[str, ...]
    normalizes: bool
    prompts: Mapping[str, str]
    truncate_dim: int | None
    similarity: str


@dataclass(frozen=True)
class ScorerConfig(TextConfig):
    """Of a CrossEncoder with one score: `activation` is what a score is made with, by the dotted name of its class in
    torch."""

    activation: str


def read_config(folder: Path) -> EncoderConfig | ScorerConfig:
    """The config of a model's folder. Raises Unsupported, and what `kind_of` and `read_json` raise."""
    kind, has_modules = kind_of(folder), (folder / "modules.json").is_file()
    config = read_json(folder / CONFIG) if has_modules else {}  # which the library does not read without the other
    if kind == "CrossEncoder":
        return _scorer(folder, config, _modules(folder) if has_modules else [])
    if has_modules:
        return _encoder(folder, config)
    raise Unsupported("the model has no modules.json")


def _encoder(folder: Path, config: Mapping[str, Any]) -> EncoderConfig:
    _refuse_unknown(config, ENCODER_KEYS, CONFIG)
    modules = _modules(folder)
    kinds = [kind for kind, _ in modules]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise Unsupported(f"the model is made of {', '.join(kinds)}")
    if kinds[2:]:
        _refuse_others(read_json(folder / modules[2][1] / "config.json"),
                       dict.fromkeys(("module_input_name", "module_output_name"), ("sentence_embedding", None)),
                       "Normalize")  # fmt: skip
    width, pooling = _pooling(read_json(folder / modules[1][1] / "config.json"))
    named = config.get("similarity_fn_name")
    prompts = _prompts(config, ENCODER_DEFAULTS)
    text = _text(folder, modules[0][1], "feature-extraction", _default_prompt(config, prompts))
    return EncoderConfig(
        **vars(text), width=width, pooling=pooling, normalizes=bool(kinds[2:]), prompts=prompts,
        truncate_dim=config.get("truncate_dim"), similarity=named if named in SIMILARITIES else "cosine",
    )  # fmt: skip


def _scorer(folder: Path, config: Mapping[str, Any], modules: Sequence[tuple[str, str]]) -> ScorerConfig:
    _refuse_unknown(config, SCORER_KEYS, CONFIG)
    kinds, part = [kind for kind, _ in modules], modules[0][1] if modules else ""
    if kinds not in ([], ["Transformer"]):
        raise Unsupported(f"the cross-encoder is made of {', '.join(kinds)}")
    network = read_json(folder / part / "config.json")
    architectures = network.get("architectures") or [""]
    if architectures[0] and not architectures[0].endswith(HEAD):
        raise Unsupported(f"the network is a {architectures[0]}, which has no head that scores")
    if len(network.get("id2label", ())) != 1:
        raise Unsupported("the network does not give one score")
    default_prompt = _default_prompt(config, _prompts(config, {}))
    text = _text(folder, part, "sequence-classification", default_prompt)
    if not modules and text.tokenizer.has_chat_template:
        raise Unsupported("the tokenizer has a chat template, which pairs are written with")
    return ScorerConfig(**vars(text), activation=_activation(config, network))


def _text(folder: Path, part: str, task: str, default_prompt: str) -> TextConfig:
    files = folder / part
    if (files / "adapter_config.json").is_file():
        raise Unsupported("the network is an adapter of another")
    # Without modules.json the library takes what is in config.json and the tokenizer's alone.
    has_modules = (folder / "modules.json").is_file()
    config = _transformer(files) if has_modules else {}
    usual = {key: (value,) for key, value in TASKS[task].items()}
    if has_modules and config.get("transformer_task", "feature-extraction") != task:
        raise Unsupported(f"the network is used for {config.get('transformer_task', 'feature-extraction')}")
    longest = config.pop("max_seq_length", None)
    _refuse_others(config, {**usual, **NOTHING}, "the Transformer's config")
    tokenizer = read_tokenizer_config(files)
    most = token_limit(read_json(files / "config.json"), longest or tokenizer.longest)
    return TextConfig(part, most, tokenizer, default_prompt)


def _transformer(folder: Path) -> dict[str, Any]:
    """The Transformer's own config, of whichever name."""
    found = (read_json(folder / name) for name in TRANSFORMER_FILES)
    return dict(next((config for config in found if config), {}))


def _modules(folder: Path) -> list[tuple[str, str]]:
    """The name and the folder of each module, in the order in which they run."""
    modules = []
    for module in read_json(folder / "modules.json"):
        kind, path = module["type"], PurePosixPath(module["path"])
        if not kind.startswith("sentence_transformers."):
            raise Unsupported(f"{kind} is a class of the repository's own")
        if path.is_absolute() or ".." in path.parts or "\\" in module["path"]:
            raise Unsupported("modules.json names a folder that is not the model's")
        if module.get("kwargs"):
            raise Unsupported(f"{kind} takes arguments of each call")
        modules.append((kind.rpartition(".")[2], module["path"]))
    return modules


def _pooling(config: Mapping[str, Any]) -> tuple[int, tuple[str, ...]]:
    """The size of its input, and the ways in which tokens become a vector."""
    _refuse_unknown(config, {"word_embedding_dimension", "embedding_dimension", "pooling_mode", "include_prompt",
                             *POOLING_MODES}, "Pooling")  # fmt: skip
    if not config.get("include_prompt", True):
        raise Unsupported("the tokens of a prompt are not pooled")
    width = config.get("embedding_dimension", config.get("word_embedding_dimension"))
    if not isinstance(width, int):
        raise Unsupported("the config of Pooling does not say how large its input is")
    flags = [mode for key, mode in POOLING_MODES.items() if config.get(key)]
    chosen = config.get("pooling_mode", flags or "mean")
    modes = (chosen,) if isinstance(chosen, str) else tuple(chosen)
    if not modes or not set(modes) <= set(POOLING_MODES.values()):
        raise Unsupported(f"tokens are pooled by {chosen}")
    return width, modes


def _prompts(config: Mapping[str, Any], defaults: Mapping[str, str | None]) -> Mapping[str, str]:
    return {name: prompt or "" for name, prompt in {**defaults, **config.get("prompts", {})}.items()}


def _default_prompt(config: Mapping[str, Any], prompts: Mapping[str, str]) -> str:
    name = config.get("default_prompt_name")
    if name is not None and name not in prompts:
        raise Unsupported(f"there is no prompt of the name {name!r}, which is the default one")
    return "" if name is None else prompts[name]


def _activation(config: Mapping[str, Any], network: Mapping[str, Any]) -> str:
    """The first that is named: by the model's config; by the network's, as releases 4.0 to 5.3 wrote it; as those
    before did. The library runs nobody's class but torch's, and takes its usual one instead of another."""
    newer = network.get("sentence_transformers") or {}
    older = newer.get("activation_fn") if "activation_fn" in newer else network.get(
        "sbert_ce_default_activation_function"
    )  # fmt: skip
    named = (name for name in (config.get("activation_fn"), older) if name and name.startswith("torch."))
    return next(named, "torch.nn.modules.activation.Sigmoid")


def _refuse_unknown(config: Mapping[str, Any], known: Collection[str], name: str) -> None:
    for key in config.keys() - known:
        raise Unsupported(f"{name} has {key[:50]!r}, which only the library itself reads")


def _refuse_others(config: Mapping[str, Any], known: Mapping[str, Collection[Any]], name: str) -> None:
    _refuse_unknown(config, known, name)
    for key, value in config.items():
        if value not in known[key]:
            raise Unsupported(f"{name} has {key!r} of {str(value)[:100]}, which only the library itself does")
