"""What sentence-transformers says of {folder, texts}: embeddings, and how similar the first is to each other one."""

from __future__ import annotations

import json
import sys

from sentence_transformers import SentenceTransformer

asked = json.load(sys.stdin)
model = SentenceTransformer(asked["folder"], device="cpu")
embeddings = model.encode(asked["texts"], convert_to_numpy=True)
similarities = model.similarity(embeddings[:1], embeddings[1:])[0]
json.dump({"embeddings": embeddings.tolist(), "similarities": similarities.tolist()}, sys.stdout)
