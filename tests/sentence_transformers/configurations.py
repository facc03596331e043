"""What releases of sentence-transformers wrote into a model's configs, and what people write: the edits of a tiny model
that make each, and what is expected of the path that reads configs without the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ENCODER, SCORER, OLDER_LAYOUT = "encoder", "scorer", "older layout"
MODEL, MODULES, TRANSFORMER = "config_sentence_transformers.json", "modules.json", "sentence_bert_config.json"
POOLING, NORMALIZE, TOKENIZER, NETWORK = (
    "1_Pooling/config.json", "2_Normalize/config.json", "tokenizer_config.json", "config.json",
)  # fmt: skip
GONE: Mapping[str, None] = {}
"""In place of a file's keys: there is no such file."""
LEFT_OUT = "(left out)"
"""In place of a key's value: there is no such key."""


@dataclass(frozen=True)
class Configuration:
    """A model: one of the bases, with some keys of its files replaced, or whole files where they are lists. `reason` is
    of why the path without the library leaves it to that (empty: it does not); `is_refused` is whether the library
    does not answer either."""

    base: str
    edits: Mapping[str, Any]
    reason: str = ""
    is_refused: bool = False


def encoder(reason: str = "", *, is_refused: bool = False, **edits: Any) -> Configuration:
    """An encoder whose files, by their names in capitals, differ so."""
    return Configuration(ENCODER, {globals()[name]: edit for name, edit in edits.items()}, reason, is_refused)


def scorer(reason: str = "", *, is_refused: bool = False, **edits: Any) -> Configuration:
    """A cross-encoder whose files, by their names in capitals, differ so."""
    return Configuration(SCORER, {globals()[name]: edit for name, edit in edits.items()}, reason, is_refused)


def _flags(*names: str, **others: Any) -> Mapping[str, Any]:
    """Pooling as releases before 5.4 wrote it."""
    flags = {f"pooling_mode_{name}": name in names for name in LEGACY_FLAGS}
    return {
        "embedding_dimension": LEFT_OUT, "pooling_mode": LEFT_OUT, "include_prompt": LEFT_OUT,
        "word_embedding_dimension": 32,
        **flags, **others,
    }  # fmt: skip


LEGACY_FLAGS = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken")
MODES = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
OLDER_TYPES = [
    {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
    for n, (kind, path) in enumerate((("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")))
]
IDENTITY, TANH = "torch.nn.modules.linear.Identity", "torch.nn.modules.activation.Tanh"
WITHOUT_TRANSFORMER_KEYS = dict.fromkeys(("transformer_task", "modality_config", "module_output_name"), LEFT_OUT)
BEFORE_5_4: Mapping[str, Any] = {"MODULES": GONE, "MODEL": GONE, "TRANSFORMER": GONE}
"""Files that a cross-encoder has only since."""

CONFIGURATIONS: Mapping[str, Configuration] = {
    "as it is saved": encoder(),
    "dimensions kept by the config": encoder(MODEL={"truncate_dim": 8}),
    "more dimensions kept than there are": encoder(MODEL={"truncate_dim": 1000}),
    "no prompts": encoder(MODEL={"prompts": {}}),
    "prompts left out": encoder(MODEL={"prompts": LEFT_OUT}),
    "prompts of other names": encoder(MODEL={"prompts": {"query": "query: ", "passage": "a dog: "}}),
    "a prompt of null": encoder(MODEL={"prompts": {"query": None, "a": "hello "}}),
    "a default prompt": encoder(MODEL={"default_prompt_name": "query"}),
    "a default prompt that the library has": encoder(MODEL={"prompts": {}, "default_prompt_name": "document"}),
    "a default prompt that is not there": encoder("no prompt", is_refused=True, MODEL={"default_prompt_name": "x"}),
    **{
        f"similarity {name}": encoder(MODEL={"similarity_fn_name": name})
        for name in ("dot", "euclidean", "manhattan", None, "maxsim")
    },
    "a key nobody knows": encoder("only the library itself", MODEL={"dimensions": 8}),
    "a sparse encoder": encoder("SparseEncoder", is_refused=True, MODEL={"model_type": "SparseEncoder"}),
    **{f"pooling {mode}": encoder(POOLING={"pooling_mode": mode}) for mode in MODES},
    "pooling in two ways": encoder(POOLING={"pooling_mode": ["max", "cls"]}),
    "pooling in one way of a list": encoder(POOLING={"pooling_mode": ["lasttoken"]}),
    **{f"older pooling {flag}": encoder(POOLING=_flags(flag)) for flag in LEGACY_FLAGS},
    "older pooling in two ways": encoder(POOLING=_flags("mean_tokens", "cls_token")),
    "older pooling of no way": encoder(POOLING=_flags()),
    "older pooling of which nothing is said": encoder(
        POOLING={"embedding_dimension": LEFT_OUT, "word_embedding_dimension": 32, "pooling_mode": LEFT_OUT}
    ),
    "pooling of both releases": encoder(POOLING=_flags("cls_token", "weightedmean_tokens", pooling_mode="max")),
    "pooling without the prompt": encoder("not pooled", POOLING={"include_prompt": False}),
    "pooling that nobody knows": encoder("pooled by", is_refused=True, POOLING={"pooling_mode": "median"}),
    "a key of pooling that nobody knows": encoder("only the library", is_refused=True, POOLING={"dropout": 0.1}),
    "no config of normalisation": encoder(NORMALIZE=GONE),
    "tokens normalised": encoder("module_input_name", NORMALIZE={"module_input_name": "token_embeddings",
                                                                "module_output_name": LEFT_OUT}),
    "embeddings as they come": encoder(MODULES=OLDER_TYPES[:2]),
    "types of older releases": encoder(MODULES=OLDER_TYPES),
    "classes of the repository's own": encoder("class of the repository", is_refused=True, MODULES=[
        {**OLDER_TYPES[0], "type": "custom_st.Transformer"}, *OLDER_TYPES[1:]]),
    "arguments of calls": encoder("arguments", MODULES=[{**OLDER_TYPES[0], "kwargs": ["task"]}, *OLDER_TYPES[1:]]),
    "no pooling": encoder("made of Transformer", is_refused=True, MODULES=OLDER_TYPES[:1]),
    "release 1": encoder(MODEL=GONE, MODULES=OLDER_TYPES, POOLING=_flags("mean_tokens"), NORMALIZE=GONE,
                         TRANSFORMER={**WITHOUT_TRANSFORMER_KEYS, "max_seq_length": 64, "do_lower_case": False}),
    "longest by the Transformer": encoder(TRANSFORMER={"max_seq_length": 16}),
    "a longest of null by the Transformer": encoder(TRANSFORMER={"max_seq_length": None}),
    "lower case by the Transformer": encoder("do_lower_case", TRANSFORMER={"do_lower_case": True}),
    "arguments of no effect": encoder(TRANSFORMER={"model_args": {}, "tokenizer_args": {}}),
    "arguments of the network": encoder("model_args", TRANSFORMER={"model_args": {"attn_implementation": "eager"}}),
    "a key of the Transformer that nobody knows": encoder("only the lib", is_refused=True, TRANSFORMER={"x": 1}),
    "lengths of each task": encoder("query_length", TRANSFORMER={"query_length": 8}),
    "options of the tokenizer": encoder("processing_kwargs", TRANSFORMER={
        "processing_kwargs": {"text": {"max_length": 8}}}),
    "longest by the tokenizer": encoder(TOKENIZER={"model_max_length": 16}),
    "no longest by the tokenizer": encoder(TOKENIZER={"model_max_length": LEFT_OUT}),
    "a tokenizer that cuts the left": encoder(TOKENIZER={"truncation_side": "left"}),
    **{
        f"a tokenizer that pads the left, pooling {mode}": encoder(
            TOKENIZER={"padding_side": "left"}, POOLING={"pooling_mode": mode}
        )
        for mode in MODES
    },
    "letters kept by the tokenizer's config": encoder("do_lower_case", TOKENIZER={"do_lower_case": False}),
    "accents kept by the tokenizer's config": encoder("strip_accents", TOKENIZER={"strip_accents": False}),
    "accents stripped as lower case is": encoder(TOKENIZER={"strip_accents": True}),
    "ends by the tokenizer's config": encoder("add_eos_token", TOKENIZER={"add_eos_token": True}),
    "no tokenizer's config": encoder(TOKENIZER=GONE),
    "a tokenizer of no class": encoder(TOKENIZER={"tokenizer_class": "PreTrainedTokenizerFast"}),
    "scores as they are saved": scorer(),
    "scores by the identity": scorer(MODEL={"activation_fn": IDENTITY}),
    "scores by another function": scorer(MODEL={"activation_fn": TANH}),
    "scores by a function left to the library": scorer("scores are made", MODEL={
        "activation_fn": "torch.nn.modules.activation.Softplus"}),
    "scores by a class nobody trusts": scorer(MODEL={"activation_fn": "custom.Identity"}),
    "scores by no function": scorer(MODEL={"activation_fn": None}),
    "scores of release 4": scorer(**BEFORE_5_4, NETWORK={"sentence_transformers": {
        "activation_fn": IDENTITY, "version": "4.0.1"}}),
    "scores of release 3": scorer(**BEFORE_5_4, NETWORK={"sbert_ce_default_activation_function": IDENTITY}),
    "scores of release 3, another function": scorer(**BEFORE_5_4, NETWORK={
        "sbert_ce_default_activation_function": TANH}),
    "scores of releases that said nothing": scorer(**BEFORE_5_4),
    "both older keys": scorer(**BEFORE_5_4, NETWORK={
        "sentence_transformers": {"activation_fn": TANH}, "sbert_ce_default_activation_function": IDENTITY}),
    "a config that is not read": scorer(MODULES=GONE, MODEL={
        "activation_fn": IDENTITY, "prompts": {"a": "a dog "}, "default_prompt_name": "a"}),
    "a prompt before the query": scorer(MODEL={"prompts": {"a": "a sad dog "}, "default_prompt_name": "a"}),
    "more scores than one": scorer("one score", is_refused=True, MODEL={"activation_fn": IDENTITY}, NETWORK={
        "id2label": {"0": "a", "1": "b"}, "label2id": {"a": 0, "b": 1}}),
    "pairs of one type": scorer(TOKENIZER={"model_input_names": ["input_ids", "attention_mask"]}),
    "pairs cut short": scorer(TOKENIZER={"model_max_length": 16}),
    "pairs cut at the left": scorer(TOKENIZER={"model_max_length": 16, "truncation_side": "left"}),
    "pairs padded at the left": scorer(TOKENIZER={"padding_side": "left"}),
    "pairs written by a template": scorer("chat template", **BEFORE_5_4, TOKENIZER={
        "chat_template": "{{ messages }}"}),
}  # fmt: skip
ASSEMBLED = (
    "Dense", "Dense before Normalize", "LayerNorm", "Dropout", "CNN", "WordWeights", "WeightedLayerPooling", "Router",
    "StaticEmbedding", "StaticEmbedding, few dimensions kept", "WordEmbeddings", "LSTM", "BoW",
)  # fmt: skip
"""Models of modules that only the library runs, which `assemblies` writes."""
