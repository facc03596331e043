"""The networks under embeddings and scores as transformers runs them, which ONNX files are made of and held to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from inference_common.onnx.examples import TEXTS, batches
from inference_common.source import ModelSource
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer


class Encoding:
    """Makes a state of each token."""

    auto: Any = AutoModel

    def __init__(self, model: ModelSource, device: str) -> None:
        self._tokenizer: Any = AutoTokenizer.from_pretrained(model.path(), local_files_only=True)
        network = self.auto.from_pretrained(model.path(), local_files_only=True, dtype=torch.float32)
        self.network: Any = network.to(device).eval()

    def examples(self) -> Sequence[dict[str, torch.Tensor]]:
        """Tensors of shape (texts, tokens)."""
        return [self._encoded(texts) for texts in batches(TEXTS)]

    def _encoded(self, texts: Sequence[str]) -> dict[str, torch.Tensor]:
        most = min(self._tokenizer.model_max_length, self.network.config.max_position_embeddings)
        return dict(self._tokenizer(list(texts), padding=True, truncation=True, max_length=most, return_tensors="pt"))


class Scoring(Encoding):
    """Scores a text, or a pair."""

    auto = AutoModelForSequenceClassification
