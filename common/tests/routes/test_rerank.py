import pytest
from conftest import Connect


def test_best_first_with_the_text_when_asked(connect: Connect) -> None:
    client = connect()
    body = {"query": "abc", "texts": ["x", "ab"]}
    assert client.post("/rerank", json=body).json() == [{"index": 1, "score": 2.0}, {"index": 0, "score": 0.0}]
    told = client.post("/rerank", json={**body, "return_text": True})
    assert [entry["text"] for entry in told.json()] == ["ab", "x"]
    assert told.headers["x-compute-type"] == "cpu"


@pytest.mark.parametrize("body", [{"query": "a"}, {"query": "a", "texts": []}, {"query": "a", "texts": "b"}, [], "x"])
def test_bad_requests_say_why(connect: Connect, body: object) -> None:
    answer = connect().post("/rerank", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_null_is_left_out(connect: Connect) -> None:
    body = {"query": "abc", "texts": ["x"], "return_text": None, "model": None}
    assert connect().post("/rerank", json=body).json() == [{"index": 0, "score": 0.0}]
