"""Forwarder: a request sent on to the process of its model, and the answer as it comes, byte for byte."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.types import Send

from ..errors import InferenceError, InferenceTimeout, InternalError
from ..logs import REQUEST_ID
from ..patience import CancelOnDisconnect, disconnect_timer
from ..settings import Settings
from ..turns import caller_of
from .connection import Broken, Connection, RawHeaders
from .errors import ModelDied
from .process import ModelProcess

# Of one connection only (RFC 9110, section 7.6.1), or of the library server's business: who the caller is, and what
# page it is on, which is answered by this server's own middleware.
_OWN = frozenset({
    b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization", b"te",
    b"trailer", b"transfer-encoding", b"upgrade", b"host", b"content-length", b"expect", b"x-request-id",
    b"authorization", b"cookie", b"origin",
})  # fmt: skip
_OWN_OF_ANSWERS = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"x-request-id"})
LATE_SECONDS = 5.0
DEATH_SECONDS = 5.0  # from the end of a connection to that of its process


class Forwarder:
    """Forwards the requests of one server. A process has TIMEOUT for an answer, and LATE_SECONDS more to say that it
    took too long."""

    def __init__(self, settings: Settings) -> None:
        self._seconds = settings.timeout + LATE_SECONDS
        self._timer = disconnect_timer(self._seconds)

    async def forward(self, request: Request, send: Send, body: bytes, process: ModelProcess) -> None:
        """Answer with what the process does. Raises why it ended, and InferenceTimeout; the process stops its work once
        this is over, as where the caller has left."""
        try:
            connection = await process.connect()
            try:
                with CancelOnDisconnect(request, self._seconds, self._timer):
                    connection.send([_head(request, len(body)), body])
                    await _answer(connection, send)
            except InferenceTimeout:
                if not connection.has_head:  # not even to say that it takes too long: its interpreter is held up
                    process.kill(ModelDied("The process of the model hung, and was ended; the next call loads it anew"))
                raise
            finally:
                process.release(connection)
        except Broken as error:
            raise await _why(process) from error


async def _answer(connection: Connection, send: Send) -> None:
    status, headers = await connection.head()
    await send({"type": "http.response.start", "status": status, "headers": _passed(headers)})
    while True:
        body = await connection.chunk()
        is_last = connection.is_complete
        await send({"type": "http.response.body", "body": body, "more_body": not is_last})
        if is_last:
            return


async def _why(process: ModelProcess) -> InferenceError:
    await asyncio.wait({process.ended}, timeout=DEATH_SECONDS)
    return process.why() if process.ended.done() else InternalError("The process of the model broke off its answer")


def _head(request: Request, size: int) -> bytes:
    scope = request.scope
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    target = (scope.get("raw_path") or scope["path"].encode()) + query
    lines = [b"%b %b HTTP/1.1\r\nhost: model\r\ncontent-length: %d" % (scope["method"].encode(), target, size)]
    lines += [name + b": " + value for name, value in scope["headers"] if name not in _OWN]
    # In place of the caller's own: the process shares its time between callers, and tells them apart by this.
    lines.append(b"authorization: Caller %x" % abs(hash(caller_of(request))))
    request_id = REQUEST_ID.get()
    if request_id is not None:
        lines.append(b"x-request-id: " + request_id.encode())
    return b"\r\n".join((*lines, b"\r\n"))


def _passed(headers: RawHeaders) -> RawHeaders:
    return [header for header in headers if header[0] not in _OWN_OF_ANSWERS]
