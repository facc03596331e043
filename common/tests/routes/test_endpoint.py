from inference_common.routes.endpoint import Endpoint
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient


async def tell(request: Request) -> Response:
    headers = request.headers
    return JSONResponse(
        [headers.get("X-One"), headers["x-one"], headers.get("x-none"), headers.get("x-none", "other"), len(headers)]
    )


def test_headers_are_read_as_starlette_reads_them() -> None:
    sent = [("x-one", "first"), ("X-One", "second")]
    answers = [
        TestClient(Starlette(routes=[Route("/", handler, methods=["POST"])])).post("/", headers=sent).json()
        for handler in (tell, Endpoint(tell))
    ]
    assert answers[0] == answers[1]
    assert answers[1][:4] == ["first", "first", None, "other"]


def test_a_route_is_named_for_its_handler() -> None:
    assert Route("/", Endpoint(tell), methods=["POST"]).name == "tell"
