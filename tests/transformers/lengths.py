"""The most tokens that networks of several kinds read, as we tell it and as they do; and long texts that they are sent.

    python lengths.py FOLDER      (in the library's environment; an empty folder for the models)

{"networks": {kind: [limit, whether so many tokens are read, whether one more is]}, "padded": [kinds whose source has
positions after padding's], "served": {kind: {task: [reason, [[status, answer], ...], the library's answers]}}} goes to
standard output.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch  # this and what follows are in the library's own environment
import transformers
from inference_common.task import Payload
from inference_common.testing.in_process import post, served
from inference_common.token_limit import config_values, token_limit
from tiny._shared import tokenizer_of_words  # type: ignore[import-not-found]

SMALL = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 64}
TOKENS = {"vocab_size": 50, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "type_vocab_size": 2}
POSITIONS = 20
T5 = {"d_model": 32, "d_ff": 64, "d_kv": 8, "num_layers": 1, "num_heads": 4}
XLNET = {"d_model": 32, "n_layer": 1, "n_head": 4, "d_inner": 64}
RELATIVE = {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "position_biased_input": False}
UNBOUND = ("t5", "xlnet")  # whose configs take no number of positions
TEXT_TOWER = {**SMALL, "project_dim": 32}
KINDS: Mapping[str, Mapping[str, Any]] = {
    "altclip_text_model": TEXT_TOWER, "bert": SMALL, "bridgetower_text_model": SMALL, "camembert": SMALL,
    "clap_text_model": SMALL, "data2vec-text": SMALL, "deberta": {**SMALL, "position_biased_input": True},
    "deberta-v2": {**SMALL, **RELATIVE}, "esm": {**SMALL, "position_embedding_type": "absolute", "mask_token_id": 3},
    "gpt2": {"n_embd": 32, "n_layer": 1, "n_head": 4, "n_positions": POSITIONS}, "ibert": SMALL,
    "layoutlmv3": {**SMALL, "coordinate_size": 6, "shape_size": 4, "input_size": 32, "visual_embed": False},
    "lilt": {**SMALL, "hidden_size": 48}, "longformer": {**SMALL, "attention_window": 4},
    "luke": {**SMALL, "entity_vocab_size": 9, "entity_emb_size": 8},
    "markuplm": {**SMALL, "max_depth": 4, "xpath_unit_hidden_size": 8}, "mpnet": SMALL, "roberta": SMALL,
    "roberta-prelayernorm": SMALL, "t5": T5, "xlm-roberta": SMALL, "xlm-roberta-xl": SMALL,
    "xlnet": XLNET, "xmod": {**SMALL, "languages": ["en_XX"], "default_language": "en_XX"},
}  # fmt: skip
"""Small networks, as each kind's config calls their sizes."""

LONG = "a person " * 300
BODIES: Mapping[str, Sequence[Any]] = {
    "text-classification": [{"inputs": "a happy person"}, {"inputs": LONG}],
    "token-classification": [{"inputs": "a happy person"}, {"inputs": LONG}],
    "feature-extraction": [{"inputs": "a happy person"}, {"inputs": LONG}],
    "question-answering": [{"inputs": {"question": "who?", "context": text}} for text in ("a happy person", LONG)],
    "zero-shot-classification": [
        {"inputs": text, "parameters": {"candidate_labels": ["a", "b"]}} for text in ("a happy person", LONG)
    ],
}
HEADS = {
    "text-classification": "AutoModelForSequenceClassification",
    "token-classification": "AutoModelForTokenClassification",
    "feature-extraction": "AutoModel",
    "question-answering": "AutoModelForQuestionAnswering",
    "zero-shot-classification": "AutoModelForSequenceClassification",
}
SERVED = {"roberta": {**SMALL, "max_position_embeddings": 130}, "xlnet": XLNET}


def reads(network: Any, count: int) -> bool:
    """Whether it reads so many tokens."""
    ids = torch.full((1, count), 5)
    decoder = {"decoder_input_ids": ids[:, :1]} if network.config.is_encoder_decoder else {}
    try:
        with torch.no_grad():
            network(input_ids=ids, **decoder)
    except (IndexError, RuntimeError):
        return False
    return True


def of_network(kind: str, options: Mapping[str, Any]) -> tuple[int | None, bool, bool]:
    known = transformers.CONFIG_MAPPING
    config_class = known[kind] if kind in known else towers()[kind]
    positions = {} if kind in UNBOUND else {"max_position_embeddings": POSITIONS}
    config = config_class(**{**TOKENS, **positions, **options})
    network = auto_of(config)(config).eval()
    limit = token_limit(config_values(config))
    return limit, reads(network, limit or 10 * POSITIONS), reads(network, (limit or 10 * POSITIONS) + 1)


def towers() -> dict[str, Any]:
    """The configs of networks that are a part of others alone."""
    names = ("AltCLIPTextConfig", "BridgeTowerTextConfig", "ClapTextConfig")
    return {getattr(transformers, name).model_type: getattr(transformers, name) for name in names}


def auto_of(config: Any) -> Any:
    """The class of the network of a config."""
    known = transformers.MODEL_MAPPING
    if type(config) in known:
        return known[type(config)]
    module = import_module(type(config).__module__.replace("configuration", "modeling"))
    return getattr(module, type(config).__name__.replace("Config", "Model"))


def padded() -> list[str]:
    """Kinds in whose source a table of positions has one for padding."""
    pattern = re.compile(r"position_embeddings = \w*\.?\w*Embedding\(\s*[^)]*padding_idx", re.DOTALL)
    sources = Path(transformers.__file__).parent.glob("models/*/modeling_*.py")
    return sorted(source.parent.name for source in sources if pattern.search(source.read_text(encoding="utf-8")))


def write(kind: str, task: str, folder: Path) -> int | None:
    """A network with a tokenizer that knows no limit; the most tokens that it reads."""
    torch.manual_seed(0)
    tokenizer = tokenizer_of_words()
    tokenizer.model_max_length = int(1e30)
    tokens = {**TOKENS, "vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id, "initializer_range": 0.5}
    config = transformers.AutoConfig.for_model(kind, **{**tokens, **SERVED[kind]})
    getattr(transformers, HEADS[task]).from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return token_limit(config_values(config))


def library(task: str, folder: Path, longest: int | None) -> Any:
    """The library's answers to the same texts, where its pipeline takes them."""
    if task != "text-classification":
        return None
    pipe = transformers.pipeline(task, model=str(folder), device="cpu")
    cut = {} if longest is None else {"truncation": True, "max_length": longest}
    return [pipe(body["inputs"], top_k=None, **cut) for body in BODIES[task]]


def of_server(kind: str, task: str, folder: Path) -> list[Any]:
    longest = write(kind, task, folder)
    with served(task, folder) as (client, reason):
        answers = [] if reason else post(client, [Payload(json.dumps(body).encode()) for body in BODIES[task]])
    return [reason, [[one.status_code, one.json()] for one in answers], library(task, folder, longest)]


def main(place: Path) -> None:
    transformers.utils.logging.disable_progress_bar()
    print(
        json.dumps(
            {
                "networks": {kind: of_network(kind, options) for kind, options in KINDS.items()},
                "padded": padded(),
                "served": {
                    kind: {task: of_server(kind, task, place / f"{kind}-{task}") for task in BODIES} for kind in SERVED
                },
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
