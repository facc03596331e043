"""`lit.py MODEL PORT`: LitServe, with batches of up to 32 that are gathered for up to 5 ms."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import litserve
from sentence_transformers import SentenceTransformer


class Embeddings(litserve.LitAPI):  # type: ignore[misc]  # the package has no types
    """Its four verbs."""

    def setup(self, device: str) -> None:
        self.model = SentenceTransformer(sys.argv[1], device="cpu")

    def decode_request(self, request: dict[str, str]) -> str:
        return request["inputs"]

    def predict(self, texts: Sequence[str]) -> Any:
        return self.model.encode(list(texts), show_progress_bar=False)

    def encode_response(self, output: Any) -> list[float]:
        vector: list[float] = output.tolist()
        return vector


if __name__ == "__main__":
    api = Embeddings(max_batch_size=32, batch_timeout=0.005, api_path="/predict")
    server = litserve.LitServer(api, accelerator="cpu")
    server.run(host="127.0.0.1", port=int(sys.argv[2]), generate_client_file=False, log_level="warning")
