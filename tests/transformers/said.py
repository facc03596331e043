"""Writes what the library itself says after prompts, greedily, up to and past a token that ends a turn.

    python said.py MODEL PROMPT...                     (in the library's environment)

[{"turn", "tokens", "ends", "text", "all_ends", "logprobs"}, ...] goes to standard output: the text before the first
such token, how many tokens that takes with it, whether there is one, the text of all tokens, how many such tokens they
hold, and the log-probability of each of the prompt's tokens.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import torch  # this and what follows are in the library's own environment
from transformers import AutoModelForCausalLM, AutoTokenizer

END, MOST = "<|im_end|>", 60


def told(network: Any, tokenizer: Any, prompt: str) -> dict[str, object]:
    """What is said after one prompt."""
    ids = tokenizer(prompt, return_tensors="pt").input_ids
    all_ids = network.generate(ids, max_new_tokens=MOST, do_sample=False)[0, ids.shape[1] :].tolist()
    end = tokenizer.convert_tokens_to_ids(END)
    ended = network.generate(
        ids, max_new_tokens=MOST, do_sample=False, eos_token_id=[end, tokenizer.eos_token_id]
    )[0, ids.shape[1] :].tolist()  # fmt: skip
    logprobs = network(ids).logits[0, :-1].log_softmax(-1).gather(1, ids[0, 1:, None])[:, 0].tolist()
    return {
        "turn": tokenizer.decode(ended, skip_special_tokens=True),
        "tokens": len(ended),
        "ends": ended[-1] == end,
        "text": tokenizer.decode(all_ids, skip_special_tokens=True),
        "all_ends": all_ids.count(end),
        "logprobs": [None, *logprobs],
    }


if __name__ == "__main__":
    network = AutoModelForCausalLM.from_pretrained(sys.argv[1])
    tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
    with torch.inference_mode():
        json.dump([told(network, tokenizer, prompt) for prompt in sys.argv[2:]], sys.stdout)
