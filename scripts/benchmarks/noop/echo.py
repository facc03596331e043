"""The least that a server can do: send back the bytes that came."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


async def ready(request: Request) -> Response:
    return JSONResponse({"status": "ready"})


async def echo(request: Request) -> Response:
    return Response(await request.body(), media_type="application/json")


app = Starlette(routes=[Route("/ready", ready), Route("/", echo, methods=["POST"])])
