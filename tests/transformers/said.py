"""Writes what the library itself says after prompts, greedily, up to and past a token that ends a turn.

    python said.py MODEL PROMPT...                     (in the library's environment)

[{"turn", "tokens", "ends", "reason", "text", "all_ends", "logprobs"}, ...] goes to standard output: the text before the
first token that ends it, how many tokens that takes with it, whether it is one that ends a turn, why the text ends, the
text where those do not end it, how many such tokens that holds, and the log-probability of each of the prompt's tokens.
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
    ends = [end, tokenizer.eos_token_id]
    whole = network.generate(ids, max_new_tokens=MOST, do_sample=False, eos_token_id=ends)
    ended = whole[0, ids.shape[1] :].tolist()
    logprobs = network(ids).logits[0, :-1].log_softmax(-1).gather(1, ids[0, 1:, None])[:, 0].tolist()
    return {
        "turn": tokenizer.decode(ended, skip_special_tokens=True),
        "tokens": len(ended),
        "ends": ended[-1] == end,
        "reason": "length" if len(ended) == MOST and ended[-1] not in ends else "stop",
        "text": tokenizer.decode(all_ids, skip_special_tokens=True),
        "all_ends": all_ids.count(end),
        "logprobs": [None, *logprobs],
    }


if __name__ == "__main__":
    network = AutoModelForCausalLM.from_pretrained(sys.argv[1])
    tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
    with torch.inference_mode():
        json.dump([told(network, tokenizer, prompt) for prompt in sys.argv[2:]], sys.stdout)
