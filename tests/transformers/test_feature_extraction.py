"""What the parameters of feature-extraction do to the embeddings of tokens."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from ..servers import Server


@pytest.mark.applies(when=lambda task: task == "feature-extraction")
def test_truncation_and_length(served: Server) -> None:
    words = ["happy", "sad", "sunny", "angry", "love", "dog", "cat", "car", "paris", "france", "hello", "person"] * 20
    plain = embedded(served, " ".join(words))
    assert plain.shape == (1, 128, 32)
    np.testing.assert_allclose(plain, embedded(served, " ".join(words), truncation_direction="right"), atol=1e-5)
    last = embedded(served, " ".join(words), truncation_direction="left")
    np.testing.assert_allclose(last, embedded(served, " ".join(words[-126:])), atol=1e-4)
    np.testing.assert_allclose(plain, embedded(served, " ".join(words[:126]), truncate=False), atol=1e-4)
    normal = embedded(served, " ".join(words), normalize=True)
    np.testing.assert_allclose(normal, plain / np.linalg.norm(plain, axis=-1, keepdims=True), atol=1e-5)


def embedded(server: Server, text: str, **params: Any) -> npt.NDArray[np.float64]:
    answer = server.client.post("/", json={"inputs": text, **params})
    assert answer.status_code == 200, answer.text
    return np.array(answer.json())
