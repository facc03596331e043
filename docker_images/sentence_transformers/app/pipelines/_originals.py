"""The networks under embeddings and scores as transformers runs them, which ONNX files are made of and held to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from inference_common.onnx.examples import TEXTS, batches
from inference_common.source import ModelSource
from inference_common.token_limit import config_values, token_limit
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
        most = token_limit(config_values(self.network.config), self._tokenizer.model_max_length)
        return dict(
            self._tokenizer(
                list(texts), padding=True, truncation=most is not None, max_length=most, return_tensors="pt"
            )
        )


class Scoring(Encoding):
    """Scores a text, or a pair."""

    auto = AutoModelForSequenceClassification
