import pytest
from conftest import Connect


def test_best_first_with_the_text_when_asked(connect: Connect) -> None:
    client = connect()
    body = {"query": "abc", "texts": ["x", "ab"]}
    assert client.post("/rerank", json=body).json() == [{"index": 1, "score": 2.0}, {"index": 0, "score": 0.0}]
    told = client.post("/rerank", json={**body, "return_text": True})
    assert [entry["text"] for entry in told.json()] == ["ab", "x"]
    assert told.headers["x-compute-type"] == "cpu"


def test_documents_come_back_as_results(connect: Connect) -> None:
    client = connect()
    body = {"query": "abc", "documents": ["x", "ab", "a"], "model": "m", "top_n": None}
    answer = client.post("/rerank", json=body).json()
    assert [found["index"] for found in answer["results"]] == [1, 2, 0]
    assert answer["results"][0] == {"index": 1, "relevance_score": 2.0}
    assert answer["usage"]["total_tokens"] > 0
    best = client.post("/rerank", json={**body, "top_n": 1, "return_documents": True}).json()["results"]
    assert best == [{"index": 1, "relevance_score": 2.0, "document": "ab"}]
    assert len(client.post("/rerank", json={**body, "top_n": 9}).json()["results"]) == 3


def test_what_clients_send_by_default_is_taken(connect: Connect) -> None:
    client = connect()
    body = {"query": "abc", "texts": ["x", "ab"]}
    defaults = {"truncate": False, "truncation_direction": "right", "raw_scores": False, "return_text": False}
    nulls = dict.fromkeys([*defaults, "documents", "return_documents", "top_n", "model"])
    plain = client.post("/rerank", json=body).json()
    assert client.post("/rerank", json={**body, **defaults}).json() == plain
    assert client.post("/rerank", json={**body, **nulls}).json() == plain


@pytest.mark.parametrize(
    ("fields", "mentions"),
    [
        ({"texts": ["b"], "documents": ["b"]}, "either texts or documents"),
        ({"texts": None}, "either texts or documents"),
        ({"texts": ["b"], "top_n": 1}, "top_n"),
        ({"documents": ["b"], "return_text": True}, "return_text"),
        ({"documents": ["b"], "top_n": 0}, "top_n"),
        ({"documents": []}, "texts"),
        ({"texts": ["b"], "truncation_direction": "left"}, "truncation_direction"),
    ],
)
def test_requests_of_no_one_shape_say_why(connect: Connect, fields: dict[str, object], mentions: str) -> None:
    answer = connect().post("/rerank", json={"query": "a", **fields})
    assert answer.status_code == 400
    assert mentions in answer.json()["error"]


@pytest.mark.parametrize("body", [{"query": "a"}, {"query": "a", "texts": []}, {"query": "a", "texts": "b"}, [], "x"])
def test_bad_requests_say_why(connect: Connect, body: object) -> None:
    answer = connect().post("/rerank", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_null_is_left_out(connect: Connect) -> None:
    body = {"query": "abc", "texts": ["x"], "return_text": None, "model": None}
    assert connect().post("/rerank", json=body).json() == [{"index": 0, "score": 0.0}]
