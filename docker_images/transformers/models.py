"""Models of this library: tiny ones made on the spot for tests, and the real ones for people.

`python models.py TASK FOLDER`, in the library's environment, writes the tiny model of one task.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import BertTokenizerFast

HUB = {
    "text-classification": "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
}
"""A small real model of each task, for runs that reach the Hub."""

SIGNATURES = ("config.json",)
"""Files that mark a repository as this library's, unless another library's do."""

WORDS = (
    "the a an is are was what that today happy sad sunny angry love like you i person dog cat car paris france hello"
)
HIDDEN = 32


def text_classification(folder: Path) -> None:
    """A BERT with three labels."""
    from transformers import BertForSequenceClassification

    names = ["NEGATIVE", "NEUTRAL", "POSITIVE"]
    labels = {"id2label": dict(enumerate(names)), "label2id": {name: n for n, name in enumerate(names)}}
    _bert(folder, BertForSequenceClassification, **labels)
    _card(folder, "text-classification")


def _bert(folder: Path, kind: type, **config: object) -> None:
    """A BERT of two layers; the seed makes two runs write the same weights."""
    import torch
    from transformers import BertConfig

    torch.manual_seed(0)
    tokenizer = _tokenizer()
    shape = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
        initializer_range=0.5,  # far enough from zero that different texts get visibly different numbers
        **config,
    )
    kind(shape).eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _tokenizer() -> BertTokenizerFast:
    """WordPiece over a few words and every printable character, so no ASCII text is unknown."""
    from transformers import BertTokenizerFast

    characters = [chr(c) for c in range(33, 127) if not chr(c).isupper()]
    pieces = [*characters, *(f"##{c}" for c in characters), *(w for w in WORDS.split() if len(w) > 1)]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces]
    return BertTokenizerFast(vocab={piece: n for n, piece in enumerate(vocabulary)}, model_max_length=128)


def _card(folder: Path, task: str) -> None:
    front = f"---\nlibrary_name: transformers\npipeline_tag: {task}\n---\n"
    folder.joinpath("README.md").write_text(f"{front}\n# A tiny model for tests of {task}\n", encoding="utf-8")


if __name__ == "__main__":
    write: Callable[[Path], None] = globals()[sys.argv[1].replace("-", "_")]
    written = Path(sys.argv[2])
    write(written)
    for file in written.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)  # safetensors writes 0600, which no container's user could read
