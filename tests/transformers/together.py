"""Writes, for small networks of several kinds, the tokens of rows that ran at once and those that `generate` gives.

    python together.py TOKENIZER       (in the library's environment; its folder and common/src are on the path)

{kind: [[[ours, theirs], ...], the most groups there were]} goes to standard output.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from typing import Any

import torch  # this and what follows are in the library's own environment
import transformers
from app.pipelines._engine import Engine  # type: ignore[import-not-found]
from app.pipelines._row import Row  # type: ignore[import-not-found]
from app.pipelines._spelling import Vocabulary  # type: ignore[import-not-found]
from inference_common.generation import TextGenerationParams

SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
GPT = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 256}
KINDS: dict[str, dict[str, Any]] = {
    "bloom": {"hidden_size": 32, "n_layer": 2, "n_head": 4},
    "gpt2": GPT,
    "llama": {**SHAPE, "num_key_value_heads": 2},
    "mamba": {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 8},
    "mistral": {**SHAPE, "num_key_value_heads": 2, "sliding_window": 8},
    "openai-gpt": GPT,
    "opt": {**SHAPE, "ffn_dim": 64, "word_embed_proj_dim": 32},
}
TEXTS = ("a happy person", "the dog", "I like you, Paris! œuvre 日本", "cat", "what is that person angry about today")


def rows_of(kind: str, options: dict[str, Any], tokenizer: Any) -> tuple[list[list[list[int]]], int]:
    """What rows of one kind of network say, ours and theirs, and the most groups there were."""
    torch.manual_seed(0)
    special = {"vocab_size": len(tokenizer), "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    config = transformers.AutoConfig.for_model(kind, **options, **special, initializer_range=0.3)
    network = transformers.AutoModelForCausalLM.from_config(config).eval()
    engine, vocabulary = Engine(network), Vocabulary(tokenizer)
    asked = [(tokenizer(text).input_ids, 6 + 3 * n) for n, text in enumerate(TEXTS)]
    streams = [
        engine.stream(Row("tiny", vocabulary, "", ids, 100, TextGenerationParams(max_new_tokens=most)))
        for ids, most in asked
    ]
    said, most_groups = taken_in_turn(streams, engine)
    with torch.no_grad():
        theirs = [network.generate(torch.tensor([ids]), max_new_tokens=most, do_sample=False) for ids, most in asked]
    cut = [whole[0, len(ids) :].tolist() for whole, (ids, _) in zip(theirs, asked, strict=True)]
    return [[ours, other] for ours, other in zip(said, cut, strict=True)], most_groups


def taken_in_turn(streams: Sequence[Any], engine: Any) -> tuple[list[list[int]], int]:
    """Each stream's tokens; every step lets one more in, and a seeded choice says whose turn it is."""
    chance, said = random.Random(1), [list[int]() for _ in streams]
    live, open_, most_groups = list(range(len(streams))), 1, 0
    while live:
        turn = chance.choice(live[:open_])
        open_ += 1
        piece = next(streams[turn], None)
        most_groups = max(most_groups, len(engine._groups))
        if piece is None:
            live.remove(turn)
        else:
            said[turn].append(piece.token.id)
    return said, most_groups


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    loaded = transformers.AutoTokenizer.from_pretrained(sys.argv[1])
    json.dump({kind.partition("-")[0]: rows_of(kind, options, loaded) for kind, options in KINDS.items()}, sys.stdout)
