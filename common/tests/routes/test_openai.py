import base64

import numpy as np
import pytest
from conftest import Connect


def test_embeddings_as_openai_clients_ask(connect: Connect) -> None:
    answer = connect().post("/v1/embeddings", json={"input": ["abc", "a b"], "model": "any", "user": "me"}).json()
    assert [entry["embedding"] for entry in answer["data"]] == [[3, 1], [3, 2]]
    assert [entry["index"] for entry in answer["data"]] == [0, 1]
    assert answer["usage"] == {"prompt_tokens": 3, "total_tokens": 3}
    assert answer["model"] == "toy"


def test_base64_is_float32_little_endian(connect: Connect) -> None:
    body = {"input": "abc", "encoding_format": "base64", "dimensions": 1}
    entry = connect().post("/v1/embeddings", json=body).json()["data"][0]
    assert np.frombuffer(base64.b64decode(entry["embedding"]), dtype="<f4").tolist() == [3]


@pytest.mark.parametrize(
    ("body", "status", "mentions"),
    [
        ({"input": []}, 400, "empty"),
        ({"input": [1, 2]}, 400, "input"),
        ({"inputs": "a"}, 400, "input"),
        ({"input": ["a"] * 1025}, 413, "1,024"),
        ({"input": "tokens"}, 424, "per token"),
        ({"input": "a", "dimensions": 3}, 400, "dimensions"),
    ],
)
def test_bad_requests_say_why(connect: Connect, body: object, status: int, mentions: str) -> None:
    answer = connect().post("/v1/embeddings", json=body)
    assert answer.status_code == status
    assert mentions in answer.json()["error"]["message"]


def test_a_model_without_embeddings_is_a_404(connect: Connect) -> None:
    assert connect(task="sentence-similarity").post("/v1/embeddings", json={"input": "a"}).status_code == 404


def test_the_one_model_is_listed(connect: Connect) -> None:
    assert [model["id"] for model in connect().get("/v1/models").json()["data"]] == ["toy"]


def test_null_is_left_out(connect: Connect) -> None:
    body = {"input": "abc", "model": None, "encoding_format": None, "dimensions": None, "user": None}
    assert connect().post("/v1/embeddings", json=body).json()["data"][0]["embedding"] == [3, 1]
