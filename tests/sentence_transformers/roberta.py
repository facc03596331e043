"""`python roberta.py FOLDER`, in the library's environment: writes a tiny RoBERTa that makes embeddings, whose
tokenizer.json leaves spaces out, which its class in transformers does not."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from tokenizers import Tokenizer, pre_tokenizers
from transformers import RobertaConfig, RobertaModel, RobertaTokenizer

HIDDEN, POSITIONS = 32, 130


def main(folder: Path) -> None:
    """Write it."""
    torch.manual_seed(0)
    letters = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    vocabulary = {letter: n for n, letter in enumerate(letters)}
    tokenizer = RobertaTokenizer(vocab=vocabulary, merges=[], model_max_length=POSITIONS - 2)
    config = RobertaConfig(
        vocab_size=len(letters), hidden_size=HIDDEN, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=POSITIONS, type_vocab_size=1, initializer_range=0.5,
    )  # fmt: skip
    weights = folder / "weights"
    RobertaModel(config).eval().save_pretrained(weights)
    tokenizer.save_pretrained(weights)
    modules = [Transformer(str(weights)), Pooling(HIDDEN, "mean")]
    SentenceTransformer(modules=modules, device="cpu").save_pretrained(str(folder), create_model_card=False)
    file = str(folder / "tokenizer.json")
    written = Tokenizer.from_file(file)
    written.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(), pre_tokenizers.ByteLevel(add_prefix_space=False),
    ])  # fmt: skip
    written.save(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
