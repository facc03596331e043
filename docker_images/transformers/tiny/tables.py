"""Tiny models that answer questions about tables."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    TapasConfig,
    TapasForQuestionAnswering,
    TapasTokenizer,
)

from ._shared import HIDDEN, card, pieces


def table_question_answering(folder: Path) -> None:
    """A TAPAS that knows four aggregators, and reads 128 tokens."""
    torch.manual_seed(0)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[EMPTY]", *pieces()]
    file = folder / "vocab.txt"
    file.write_text("\n".join(vocabulary), encoding="utf-8")
    tokenizer = TapasTokenizer(str(file), model_max_length=128)
    config = TapasConfig(
        vocab_size=len(vocabulary),
        hidden_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
        initializer_range=0.5,
        num_aggregation_labels=4,
        aggregation_labels=dict(enumerate(["NONE", "SUM", "AVERAGE", "COUNT"])),
        no_aggregation_label_index=0,
    )
    TapasForQuestionAnswering(config).eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    card(folder, "table-question-answering")


def table_question_answering_tapex(folder: Path) -> None:
    """A BART in the layout of TAPEX, whose tokenizer the library no longer has; it reads 512 bytes."""
    torch.manual_seed(0)
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *sorted(ByteLevel.alphabet()), "Ġt", "Ġth", "Ġthe", "<mask>"]
    config = BartConfig(
        vocab_size=len(tokens),
        d_model=HIDDEN,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=512,
        init_std=0.3,
    )
    network = BartForConditionalGeneration(config).eval()
    network.generation_config.max_length = 12
    network.save_pretrained(folder)
    told = {"tokenizer_class": "TapexTokenizer", "do_lower_case": True, "model_max_length": 512, "max_cell_length": 15}
    written = {
        "vocab.json": json.dumps({token: n for n, token in enumerate(tokens)}),
        "merges.txt": "#version: 0.2\nĠ t\nĠt h\nĠth e\n",
        "tokenizer_config.json": json.dumps(told),
    }
    for name, text in written.items():
        folder.joinpath(name).write_text(text, encoding="utf-8")
    card(folder, "table-question-answering")
