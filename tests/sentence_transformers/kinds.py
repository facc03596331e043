"""What a server says of repositories as the library's releases, and others, write them; and the library itself.

    python kinds.py FOLDER      (in the library's environment; an empty folder for the models)

{kind: {task: {"reason": why it is not ready, empty where it is, "answers": [[status, answer], ...]}}, "library": {kind:
{task: [answer, ...]}}} goes to standard output.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch  # this and what follows are in the library's own environment
import transformers
from inference_common.task import Payload
from inference_common.testing.in_process import post, served
from models import _tokenizer  # type: ignore[import-not-found]
from sentence_transformers import CrossEncoder, SentenceTransformer, SparseEncoder
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer, models, pre_tokenizers

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
XLNET = {"d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 64}
POSITIONS = 130  # of a RoBERTa, the first of which is padding's
TEXTS = ["a happy person", "the dog and the cat", "a " * 3000]
PAIRS = [("a happy person", text) for text in TEXTS]
Write = Callable[[Path], None]


def network(kind: str, auto: str, **options: Any) -> Write:
    """What writes a network of transformers, with a tokenizer that knows no limit."""

    def write(folder: Path) -> None:
        torch.manual_seed(0)
        tokenizer = _tokenizer()
        tokenizer.model_max_length = int(1e30)
        config = transformers.AutoConfig.for_model(
            kind, **options, vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id, initializer_range=0.5
        )
        getattr(transformers, auto).from_config(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)

    return write


def static(folder: Path) -> None:
    """A table of vectors, which reads texts of any length."""
    words = {word: n for n, word in enumerate(["[UNK]", "a", "happy", "person", "the", "dog", "cat", "and"])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    torch.manual_seed(0)
    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=16)], device="cpu")
    model.save_pretrained(str(folder), create_model_card=False)


def saved_as(kind: type, write: Write) -> Write:
    """What writes a model of the library around a network."""

    def save(folder: Path) -> None:
        write(folder / "network")
        made = kind(str(folder / "network"), device="cpu", **({"num_labels": 1} if kind is CrossEncoder else {}))
        made.save_pretrained(str(folder), create_model_card=False)

    return save


BERT = network("bert", "AutoModel", **SMALL)
MASKED = network("bert", "AutoModelForMaskedLM", **SMALL)
SCORING = network("bert", "AutoModelForSequenceClassification", **SMALL, num_labels=1)
ROBERTA = network("roberta", "AutoModel", **SMALL, max_position_embeddings=POSITIONS, type_vocab_size=2)
KINDS: Mapping[str, Write] = {
    "plain": BERT,
    "plain of masks": MASKED,
    "sparse": saved_as(SparseEncoder, MASKED),
    "cross-encoder": saved_as(CrossEncoder, SCORING),
    "old cross-encoder": SCORING,
    "headless cross-encoder": saved_as(CrossEncoder, BERT),
    "static": static,
    "roberta": saved_as(SentenceTransformer, ROBERTA),
    "xlnet": saved_as(SentenceTransformer, network("xlnet", "AutoModel", **XLNET)),
}
BODIES: Mapping[str, list[Any]] = {
    "feature-extraction": [{"inputs": text} for text in TEXTS],
    "text-ranking": [{"inputs": {"query": query, "texts": [text]}} for query, text in PAIRS],
}


def said(task: str, folder: Path) -> dict[str, Any]:
    with served(task, folder) as (client, reason):
        payloads = [Payload(json.dumps(body).encode()) for body in BODIES[task]]
        answers = [] if reason else post(client, payloads)
    return {"reason": reason, "answers": [[answer.status_code, answer.json()] for answer in answers]}


def library(task: str, folder: Path) -> Any:
    """The same by the library."""
    if task == "text-ranking":
        model = CrossEncoder(str(folder), device="cpu")
        return [[{"index": 0, "score": float(model.predict([pair])[0])}] for pair in PAIRS]
    encoder = SentenceTransformer(str(folder), device="cpu")
    longest = encoder.max_seq_length
    if longest is not None and longest >= POSITIONS and "roberta" in str(folder):
        encoder.max_seq_length = POSITIONS - 1  # with the library's own limit it fails
    return [np.asarray(encoder.encode([text])[0]).tolist() for text in TEXTS]


def main(place: Path) -> None:
    found: dict[str, Any] = {"library": {}}
    for kind, write in KINDS.items():
        folder = place / kind.replace(" ", "-")
        folder.mkdir()
        write(folder)
        if kind == "headless cross-encoder":
            without_head(folder)
        found[kind] = {task: said(task, folder) for task in BODIES}
        is_scorer = kind.endswith("cross-encoder")
        found["library"][kind] = {
            task: library(task, folder) for task in BODIES if (task == "text-ranking") == is_scorer
        }
    print(json.dumps(found))


def without_head(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = folder / "model.safetensors"
    kept = {name: tensor for name, tensor in load_file(file).items() if not name.startswith("classifier")}
    save_file(kept, file, metadata={"format": "pt"})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
