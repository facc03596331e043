"""RequestContext: a request's id, its one log line, its metrics, and the answer when our own code fails."""

from __future__ import annotations

import asyncio
import random
import re
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .metrics import Metrics

_VALID_ID = re.compile(r"[!-~]{1,128}")
CLIENT_LEFT = 499  # what proxies log for a caller that hung up before its answer
STOPPING = "The server stopped before the answer was there; send the request again"
PROBES = frozenset({"/health", "/ready", "/metrics"})
log = structlog.get_logger("access")


class RequestContext:
    """ASGI middleware. Logs the path, never the query, a header or a body: they may hold secrets."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("x-request-id", "")
        request_id = asked if _VALID_ID.fullmatch(asked) else f"{random.getrandbits(128):032x}"
        started, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            except ClientDisconnect:
                status = CLIENT_LEFT
            except asyncio.CancelledError:  # the grace is over: what has begun must break, the rest is told
                if not status:
                    await JSONResponse({"error": STOPPING}, 503)(scope, receive, send_with_id)
                raise
            except Exception:
                log.exception("unhandled error")
                if status:
                    raise  # part of the answer is gone: the connection must break
                message = f"An internal error occurred; the server log has the details under request id {request_id}"
                await JSONResponse({"error": message}, 500)(scope, receive, send_with_id)
            finally:
                self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        self._metrics.observe_request(route, status, seconds)
        # Probes come every few seconds for ever, and tell an operator nothing as long as they are answered.
        tell = log.debug if route in PROBES else log.info
        tell(
            "request",
            method=scope["method"],
            path=scope["path"][:200],
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )
