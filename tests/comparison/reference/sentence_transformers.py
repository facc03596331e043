"""sentence-transformers: SentenceTransformer and CrossEncoder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import CrossEncoder, SentenceTransformer

from .media import Keywords, spelled

NAMES = {"normalize": "normalize_embeddings", "dimensions": "truncate_dim"}


def feature_extraction(folder: Path) -> Callable[..., Any]:
    network = SentenceTransformer(str(folder), device="cpu")

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        told = dict(parameters)
        network.tokenizer.truncation_side = told.pop("truncation_direction", "right")
        return network.encode(inputs, **spelled(told, NAMES))

    return call


def sentence_similarity(folder: Path) -> Callable[..., Any]:
    network = SentenceTransformer(str(folder), device="cpu")

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        told = dict(parameters)
        network.tokenizer.truncation_side = told.pop("truncation_direction", "right")
        source = network.encode([inputs["source_sentence"]], **told)
        return network.similarity(source, network.encode(inputs["sentences"], **told))[0]

    return call


def text_ranking(folder: Path) -> Callable[..., Any]:
    network = CrossEncoder(str(folder), device="cpu")

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        activation = torch.nn.Identity() if parameters.get("raw_scores") else None
        ranked = network.rank(inputs["query"], inputs["texts"], activation_fn=activation)
        return [{"index": one["corpus_id"], "score": one["score"]} for one in ranked]

    return call


ANSWERS = {
    "feature-extraction": feature_extraction,
    "sentence-similarity": sentence_similarity,
    "text-ranking": text_ranking,
}
