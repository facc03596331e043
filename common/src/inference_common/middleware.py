"""RequestContext: a request's id, its one log line, its metrics, and the answer to whatever is raised."""

from __future__ import annotations

import asyncio
import logging
import random
import re
import time
from collections.abc import Mapping

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .access import AccessLog
from .errors import InferenceError, InferenceTimeout, InternalError, InvalidRequest, NotFound, ServerBusy
from .logs import REQUEST_ID
from .metrics import Metrics
from .openai_errors import error_body
from .patience import ARRIVED

_VALID_ID = re.compile(rb"[!-~]{1,128}")
CLIENT_LEFT = 499  # what proxies log for a caller that hung up before its answer
STOPPING = "The server stopped before the answer was there; send the request again"
NO_THREAD = "can't start new thread"  # what Python says where the system gives it none
PROBES = frozenset({"/health", "/ready", "/metrics"})
log = structlog.get_logger("access")


class RequestContext:
    """ASGI middleware, the outermost. Logs the path, never the query, a header or a body: they may hold secrets.

    It answers exceptions too, in place of Starlette's own middleware: that would be three layers more for each message.
    Without `metrics`, whoever sent the request on counts and logs it.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics | None) -> None:
        self._app, self._metrics = app, metrics
        self._access_log = AccessLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _id_of(scope)
        started, status = time.perf_counter(), 0
        scope[ARRIVED] = started
        id_header = (b"x-request-id", request_id.encode())

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), id_header]
            await send(message)

        token = REQUEST_ID.set(request_id)
        try:
            await self._app(scope, receive, send_with_id)
        except ClientDisconnect:
            status = CLIENT_LEFT
        except asyncio.CancelledError:  # the grace is over: what has begun must break, the rest is told
            if not status:
                await _told(scope, 503, InferenceTimeout(STOPPING).body(), {})(scope, receive, send_with_id)
            raise
        except Exception as error:
            answer = _answer(error, scope, request_id)
            if status:
                raise  # part of the answer is gone: the connection must break
            await answer(scope, receive, send_with_id)
        finally:
            self._note(scope, request_id, status, time.perf_counter() - started)
            REQUEST_ID.reset(token)

    def _note(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        if self._metrics is None:
            return
        route = getattr(scope.get("route"), "path", "unmatched")
        self._metrics.observe_request(route, status, seconds)
        # Probes come every few seconds for ever, and tell an operator nothing as long as they are answered.
        level = logging.DEBUG if route in PROBES else logging.INFO
        values = {
            "method": scope["method"],
            "path": scope["path"][:200],
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
            "request_id": request_id,
        }
        self._access_log.write(level, values)


class AnswerErrors:
    """ASGI middleware: answers what is raised before an answer has begun, for another middleware to add headers to."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def noted(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except ClientDisconnect:
            raise
        except Exception as error:
            if has_begun:
                raise
            await _answer(error, scope, REQUEST_ID.get() or "")(scope, receive, send)


def _id_of(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _VALID_ID.fullmatch(value):
            return str(value, "ascii")
    return f"{random.getrandbits(128):032x}"


def _answer(error: Exception, scope: Scope, request_id: str) -> Response:
    """What a caller is told of an exception; one that is not expected goes to the log."""
    if isinstance(error, InferenceError):
        return _told(scope, error.status, error.body(), error.headers())
    if isinstance(error, HTTPException):
        method, path = scope["method"], scope["path"][:200]
        reasons = {
            404: f"There is no route {method} {path}; POST to / or see GET /info",
            405: f"{method} is not answered at {path}",
        }
        told = reasons.get(error.status_code, error.detail)
        kind = NotFound if error.status_code == NotFound.status else InvalidRequest
        body = {"error": told, "error_type": kind.error_type}
        return _told(scope, error.status_code, body, error.headers or {})
    if isinstance(error, RuntimeError) and str(error) == NO_THREAD:
        busy = ServerBusy("The server can start no thread for this request now; try again shortly", retry_after=1)
        return _answer(busy, scope, request_id)
    log.error("unhandled error", exc_info=error)
    told = f"An internal error occurred; the server log has the details under request id {request_id}"
    return _told(scope, 500, InternalError(told).body(), {})


def _told(scope: Scope, status: int, body: Mapping[str, object], headers: Mapping[str, str]) -> Response:
    return JSONResponse(error_body(scope, status, body), status, dict(headers))
