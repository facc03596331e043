import asyncio

import pytest
from conftest import Connect
from inference_common.metrics import Metrics
from inference_common.middleware import RequestContext
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs


def app(metrics: Metrics) -> Starlette:
    async def fail(request: Request) -> Response:
        raise RuntimeError("secret detail")

    async def leave(request: Request) -> Response:
        raise ClientDisconnect

    routes = [Route("/fail", fail), Route("/leave", leave)]
    return Starlette(routes=routes, middleware=[Middleware(RequestContext, metrics=metrics)])


def test_a_request_keeps_a_valid_id_and_gets_one_otherwise(connect: Connect) -> None:
    client = connect()
    assert client.get("/health", headers={"x-request-id": "abc-1"}).headers["x-request-id"] == "abc-1"
    for bad in ("", "a b", "x" * 129):
        given = client.get("/health", headers={"x-request-id": bad}).headers["x-request-id"]
        assert len(given) == 32


def test_our_own_failure_is_a_500_without_internals() -> None:
    metrics = Metrics()
    answer = TestClient(app(metrics), raise_server_exceptions=False).get("/fail", headers={"x-request-id": "abc"})
    assert answer.status_code == 500
    assert "abc" in answer.json()["error"]
    assert "secret" not in answer.text
    assert b'requests_total{route="/fail",status="500"} 1.0' in metrics.render()[0]


def test_a_caller_that_left_is_counted_apart() -> None:
    metrics = Metrics()
    client = TestClient(app(metrics), raise_server_exceptions=False)
    try:
        client.get("/leave")
    except AssertionError:  # the test client insists on an answer, and nobody is there to get one
        assert b'status="499"' in metrics.render()[0]
    assert b'status="499"' in metrics.render()[0]


def test_the_one_line_has_the_path_and_neither_query_nor_header() -> None:
    with capture_logs() as lines:
        TestClient(app(Metrics())).get("/nothing?token=hf_secret", headers={"authorization": "Bearer hf_secret"})
    (line,) = lines
    assert (line["method"], line["path"], line["status"]) == ("GET", "/nothing", 404)
    assert line["milliseconds"] >= 0
    assert "hf_secret" not in str(line)


def test_paths_of_no_route_share_one_label() -> None:
    metrics = Metrics()
    client = TestClient(app(metrics))
    for path in ("/a", "/b"):
        client.get(path)
    assert b'requests_total{route="unmatched",status="404"} 2.0' in metrics.render()[0]


SCOPE: Scope = {"type": "http", "method": "GET", "path": "/", "headers": []}


async def _receive() -> Message:
    return {"type": "http.disconnect"}


async def _send(message: Message) -> None:
    assert message["type"].startswith("http.response")


def test_a_request_that_outlives_the_grace_counts_as_failed() -> None:
    async def wait(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    async def run(metrics: Metrics) -> None:
        task = asyncio.ensure_future(RequestContext(wait, metrics)(SCOPE, _receive, _send))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    metrics = Metrics()
    asyncio.run(run(metrics))
    assert b'requests_total{route="unmatched",status="503"} 1.0' in metrics.render()[0]


def test_a_failure_amid_an_answer_breaks_the_connection() -> None:
    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("amid")

    with pytest.raises(RuntimeError, match="amid"):
        asyncio.run(RequestContext(half, Metrics())(SCOPE, _receive, _send))
