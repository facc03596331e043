"""BentoML's service for the model in the folder MODEL, with its adaptive batches of up to 32."""

from __future__ import annotations

import os
from typing import Any

import bentoml
from sentence_transformers import SentenceTransformer


@bentoml.service
class Embeddings:
    """One worker, whose calls share batches."""

    def __init__(self) -> None:
        self.model = SentenceTransformer(os.environ["MODEL"], device="cpu")

    @bentoml.api(batchable=True, max_batch_size=32)  # type: ignore[untyped-decorator]
    def encode(self, inputs: list[str]) -> list[list[float]]:
        vectors: Any = self.model.encode(inputs, show_progress_bar=False)
        answer: list[list[float]] = vectors.tolist()
        return answer
