import logging
import re

import pytest
from conftest import Connect
from inference_common import InvalidRequest, Settings, create_app
from starlette.testclient import TestClient


def test_a_model_s_name_must_be_one() -> None:
    with pytest.raises(InvalidRequest, match="neither a folder nor a Hub id"):
        create_app("toys.pipelines", Settings(model_id="a/b/c"))


def test_unknown_routes_never_run_the_model(connect: Connect) -> None:
    client = connect()
    for path in ("/nothing", "/v1/nothing", "/health/deep"):
        answer = client.post(path, json={"inputs": "a"})
        assert answer.status_code == 404
        assert path in answer.text
    wrong = client.delete("/health")
    assert wrong.status_code == 405
    assert "DELETE" in wrong.json()["error"]


def test_a_page_of_another_origin_may_read_the_headers(connect: Connect) -> None:
    answer = connect().post("/", json={"inputs": "a"}, headers={"origin": "http://localhost:3000"})
    exposed = answer.headers["access-control-expose-headers"]
    for name in answer.headers:
        if name.startswith("x-"):
            assert name in exposed


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [("/", {}, 401), ("/", {"authorization": "Bearer key"}, 400), ("/none", {"authorization": "Bearer key"}, 404)],
)
def test_a_page_of_another_origin_may_read_an_error(
    connect: Connect, path: str, headers: dict[str, str], status: int
) -> None:
    client = connect(api_key="key")
    refused = client.post(path, json={"inputs": 7}, headers={"origin": "http://localhost:3000", **headers})
    assert refused.status_code == status
    assert refused.headers["access-control-allow-origin"] == "*"
    assert "x-request-id" in refused.headers["access-control-expose-headers"]


@pytest.mark.defect(5)
def test_the_model_runs_once_a_request_whatever_is_logged(connect: Connect) -> None:
    client = connect(log_level="debug")

    def calls() -> float:
        told = re.search(r"^inference_seconds_count (\S+)$", client.get("/metrics").text, re.MULTILINE)
        assert told is not None
        return float(told[1])

    before = calls()
    assert client.post("/", json={"inputs": "a"}).status_code == 200
    assert calls() == before + 1


@pytest.mark.defect(2)
def test_requests_add_no_log_handlers(connect: Connect) -> None:
    client = connect()

    def handlers() -> int:
        loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
        return sum(len(logger.handlers) for logger in loggers)

    client.post("/", json={"inputs": "a"})
    before = handlers()
    for text in ("a", "fail", 7) * 5:
        client.post("/", json={"inputs": text})
    assert handlers() == before


def test_caches_are_told_that_an_answer_depends_on_the_page(connect: Connect) -> None:
    client = connect()
    assert client.get("/info").headers["vary"] == "Origin"
    asked = {"origin": "http://localhost:3000", "access-control-request-method": "POST"}
    assert client.options("/", headers=asked).headers["access-control-allow-origin"] == "*"


def test_a_path_behind_a_prefix_is_found(connect: Connect) -> None:
    behind = TestClient(connect().app, root_path="/behind")
    assert behind.post("/behind/", json={"inputs": "abc"}).json() == [3, 1]
    assert behind.post("/behind/models/toy", json={"inputs": "abc"}).json() == [3, 1]
    # Without its prefix it is /embeddings, which is no route, though the whole of it is one.
    assert TestClient(connect().app, root_path="/v1").post("/v1/embeddings", json={"input": "abc"}).status_code == 404


def test_a_request_is_counted_under_its_route(connect: Connect) -> None:
    client = connect()
    for headers in ({}, {"origin": "http://localhost:3000"}):
        client.post("/", json={"inputs": "abc"}, headers=headers)
    assert 'requests_total{route="/",status="200"} 2.0' in client.get("/metrics").text
