"""`ray_serve.py MODEL PORT`: Ray Serve, with its batches of up to 32 that are gathered for up to 5 ms."""

from __future__ import annotations

import signal
import sys
from typing import Any

import ray
from ray import serve
from sentence_transformers import SentenceTransformer
from starlette.requests import Request


@serve.deployment(max_ongoing_requests=64, ray_actor_options={"num_cpus": 1})  # it must hold more than a batch
class Embeddings:
    """One replica, whose calls share batches."""

    def __init__(self, folder: str) -> None:
        self.model = SentenceTransformer(folder, device="cpu")

    @serve.batch(max_batch_size=32, batch_wait_timeout_s=0.005)  # type: ignore[untyped-decorator]
    async def encode(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self.model.encode(texts, show_progress_bar=False).tolist()
        return vectors

    async def __call__(self, request: Request) -> Any:
        if request.method == "GET":  # is it ready?
            return "ok"
        body = await request.json()
        return await self.encode(body["inputs"])


if __name__ == "__main__":
    ray.init(include_dashboard=False, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[2])})
    serve.run(Embeddings.bind(sys.argv[1]))  # type: ignore[attr-defined]
    signal.sigwait([signal.SIGTERM, signal.SIGINT])
