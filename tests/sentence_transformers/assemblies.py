"""Tiny models of modules that only the library runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import models  # type: ignore[import-not-found]  # the library's own, in whose folder this runs
import torch
from configurations import ASSEMBLED  # type: ignore[import-not-found]  # beside this file
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize, Router, Transformer
from sentence_transformers.sentence_transformer import modules as parts
from sentence_transformers.sentence_transformer.modules.tokenizer import WhitespaceTokenizer

HIDDEN, WORDS = models.HIDDEN, models.WORDS.split()


def _transformer(folder: Path, **config: Any) -> Any:
    """A network of which the model is made, and its pooling."""
    weights = folder.with_name(f"{folder.name} weights")
    models._bert(weights, labels=None)
    made = Transformer(str(weights), config_kwargs=config)
    models._remove(weights)
    return made


def _pooling() -> Any:
    return parts.Pooling(HIDDEN, "mean")


def _words() -> Any:
    table = torch.nn.init.normal_(torch.empty(len(WORDS), HIDDEN), generator=torch.Generator().manual_seed(1))
    return parts.WordEmbeddings(WhitespaceTokenizer(WORDS, stop_words=[]), table.numpy())


def _static() -> Any:
    return parts.StaticEmbedding(models._tokenizer(), embedding_dim=HIDDEN)


def _of(make: Callable[[Path], list[Any]], **options: Any) -> Callable[[Path], None]:
    def assemble(folder: Path) -> None:
        torch.manual_seed(0)
        model = SentenceTransformer(modules=make(folder), device="cpu", **options)
        model.save_pretrained(str(folder), create_model_card=False)

    return assemble


def _routed(folder: Path) -> list[Any]:
    return [Router.for_query_document([_static()], [_transformer(folder), _pooling()], default_route="document")]


ASSEMBLIES: Mapping[str, Callable[[Path], None]] = {
    "Dense": _of(lambda folder: [_transformer(folder), _pooling(), Dense(HIDDEN, 20)]),
    "Dense before Normalize": _of(lambda folder: [
        _transformer(folder), _pooling(), Dense(HIDDEN, 20, activation_function=None), Normalize()]),
    "LayerNorm": _of(lambda folder: [_transformer(folder), _pooling(), parts.LayerNorm(HIDDEN)]),
    "Dropout": _of(lambda folder: [_transformer(folder), _pooling(), parts.Dropout(0.5)]),
    "CNN": _of(lambda folder: [_transformer(folder), parts.CNN(HIDDEN, 10, [1, 3]), parts.Pooling(20, "mean")]),
    "WordWeights": _of(lambda folder: [
        _transformer(folder),
        parts.WordWeights(list(models._tokenizer().get_vocab()), {"happy": 3.0, "dog": 0.1}), _pooling()]),
    "WeightedLayerPooling": _of(lambda folder: [
        _transformer(folder, output_hidden_states=True),
        parts.WeightedLayerPooling(HIDDEN, num_hidden_layers=2, layer_start=1), _pooling()]),
    "Router": _of(_routed),
    "StaticEmbedding": _of(lambda folder: [_static()]),
    "StaticEmbedding, few dimensions kept": _of(lambda folder: [_static()], truncate_dim=8),
    "WordEmbeddings": _of(lambda folder: [_words(), _pooling()]),
    "LSTM": _of(lambda folder: [_words(), parts.LSTM(HIDDEN, 10), parts.Pooling(20, "mean")]),
    "BoW": _of(lambda folder: [parts.BoW(WORDS, {"happy": 2.0}), Dense(len(WORDS), 20)]),
}  # fmt: skip
assert tuple(ASSEMBLIES) == ASSEMBLED
