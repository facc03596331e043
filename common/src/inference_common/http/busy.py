"""What a connection past the limit is answered."""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from ..errors import ServerBusy


async def busy(scope: Scope, receive: Receive, send: Send) -> None:
    """503 and the connection's end."""
    error = ServerBusy("All the connections that MAX_CONNECTIONS allows are in use; try again shortly", retry_after=1)
    response = JSONResponse(error.body(), error.status, {**error.headers(), "connection": "close"})
    await response(scope, receive, send)
