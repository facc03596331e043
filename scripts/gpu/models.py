"""`models NAME FOLDER SIZE`: write a model of random weights, in the shape of one that people run (`full`) or `small`.

Runs in the folder of docker_images/transformers, whose tiny models it shares code with.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from .vocabulary import words

MAX_TOKENS = 512
LABELS = 8
COMMIT = "0" * 40  # what the Hub's cache calls the only revision of each
Write = Callable[[Path, bool], None]


def minilm(folder: Path, small: bool) -> None:
    """Embeddings in the shape of all-MiniLM-L6-v2."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertModel

    weights = folder.with_name("weights")
    _bert(BertModel, weights, small, hidden_size=384, intermediate_size=1536, num_hidden_layers=6)
    modules = [Transformer(str(weights), max_seq_length=256), Pooling(64 if small else 384, "mean"), Normalize()]
    SentenceTransformer(modules=modules, device="cpu").save_pretrained(str(folder), create_model_card=False)
    shutil.rmtree(weights)
    _card(folder, "sentence-transformers", "feature-extraction")


def bert_base(folder: Path, small: bool) -> None:
    """A classifier in the shape of BERT-base."""
    from transformers import BertForSequenceClassification

    shape = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12}
    _bert(BertForSequenceClassification, folder, small, **shape, num_labels=LABELS)
    _card(folder, "transformers", "text-classification")


def vit_base(folder: Path, small: bool) -> None:
    """A ViT-base for images of 224 x 224 pixels."""
    _timm(folder, "vit_tiny_patch16_224" if small else "vit_base_patch16_224")


def efficientnet(folder: Path, small: bool) -> None:
    """An EfficientNet-B0."""
    _timm(folder, "efficientnet_b0")


def whisper_base(folder: Path, small: bool) -> None:
    """A Whisper of the base size, for windows of 30 s."""
    from tiny import speech  # type: ignore[import-not-found]  # of docker_images/transformers

    width, layers, heads = (64, 2, 2) if small else (512, 6, 8)
    shape: dict[str, Any] = {"d_model": width, "encoder_layers": layers, "decoder_layers": layers, "num_mel_bins": 80}
    shape |= {"encoder_ffn_dim": 4 * width, "decoder_ffn_dim": 4 * width, "init_std": 0.1}
    shape |= {"encoder_attention_heads": heads, "decoder_attention_heads": heads, "max_target_positions": 448}
    speech.whisper(folder, shape, seconds=30)


def llama(folder: Path, small: bool) -> None:
    """A decoder of some 0.5 billion parameters, in the shape of Qwen2.5-0.5B, in bfloat16."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    pairs = list(itertools.islice(itertools.product(letters, letters), 2000 if small else 64_000))
    vocabulary = {piece: n for n, piece in enumerate(dict.fromkeys([*letters, *("".join(pair) for pair in pairs)]))}
    byte_pairs = Tokenizer(models.BPE(vocab=vocabulary, merges=pairs))
    byte_pairs.pre_tokenizer, byte_pairs.decoder = (
        pre_tokenizers.ByteLevel(add_prefix_space=False),
        decoders.ByteLevel(),
    )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=byte_pairs, pad_token="!")
    shape = {"hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 28, "num_attention_heads": 14}
    if small:
        shape = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = LlamaConfig(
        **shape, num_key_value_heads=2, vocab_size=len(tokenizer), max_position_embeddings=2048,
        tie_word_embeddings=True, bos_token_id=None, eos_token_id=None, dtype="bfloat16",
    )  # fmt: skip
    LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    _card(folder, "transformers", "text-generation")


WRITE: Mapping[str, Write] = {
    "minilm": minilm, "bert-base": bert_base, "vit-base": vit_base, "efficientnet": efficientnet,
    "whisper-base": whisper_base, "llama-0.5b": llama,
}  # fmt: skip


def _bert(kind: Any, folder: Path, small: bool, **shape: int) -> None:
    from transformers import BertConfig, BertTokenizerFast

    if small:
        shape |= {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2}
    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words()][:30_522]
    tokenizer = BertTokenizerFast(vocab={word: n for n, word in enumerate(known)}, model_max_length=MAX_TOKENS)
    config = BertConfig(vocab_size=len(known), **shape, initializer_range=0.05)
    kind(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _timm(folder: Path, architecture: str) -> None:
    import timm
    from timm.models import save_for_hf

    network: Any = timm.create_model(architecture, pretrained=False)
    # Random weights leave activations of any scale; the norms of a trained network have seen what they are.
    network.train()
    with torch.no_grad():
        for _ in range(3):
            network(torch.randn(8, 3, 224, 224))
    save_for_hf(network.eval(), str(folder), safe_serialization=True)
    _card(folder, "timm", "image-classification")


def _card(folder: Path, library: str, task: str) -> None:
    front = f"---\nlibrary_name: {library}\npipeline_tag: {task}\n---\n"
    folder.joinpath("README.md").write_text(front, encoding="utf-8")


def main(name: str, folder: str, size: str) -> None:
    """Write the model into `folder`, laid out as a repository in the Hub's cache."""
    torch.manual_seed(0)
    repository = Path(folder)
    snapshot = repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    WRITE[name](snapshot, size == "small")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())
    main(*sys.argv[1:])
