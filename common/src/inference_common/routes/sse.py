"""Server-sent events: an answer piece by piece, `data: ...` and an empty line each.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterable

import orjson
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from ..client import Client
from ..errors import InferenceError
from ..middleware import STOPPING
from ..openai_errors import error_body
from ..pipeline import Chunk
from ..service import Service, Work
from ..task import Asked, Events
from ..warning_headers import warning_header

HEADERS = {"content-type": "text/event-stream", "cache-control": "no-cache", "x-accel-buffering": "no"}
LATE_SECONDS = 2.0  # past its time that a stream may still tell a caller who reads that it is over
log = structlog.get_logger("inference")
Encode = Callable[[Chunk], Iterable[object]]


async def respond(service: Service, request: Request, work: Work, events: Events | None = None) -> Response:
    """The answer as events, by default those of the task.

    Raises as `Service.stream` until the first chunk is there; from then on errors are events.
    """
    begin = events or work.task.events
    assert begin is not None  # Work.streamed
    first, chunks = await service.stream(request, work)
    encode = begin(Asked(work.params, Client.of(request.headers), work.model.source.name))
    told = {**work.task.input.meter(work.items), **warning_header(work.warnings)}
    headers = {"x-compute-type": work.compute_type, **told, **HEADERS}
    return EventStream(_bodies(request.scope, first, chunks, encode), headers, service.seconds_left(request, work))


class EventStream(StreamingResponse):
    """Closes what it streams when the caller leaves, or does not read it to its end in so many `seconds`; tells the
    caller when the server stops."""

    def __init__(self, bodies: AsyncGenerator[bytes, None], headers: dict[str, str], seconds: float) -> None:
        super().__init__(bodies, headers=headers)
        self._bodies, self._seconds = bodies, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = asyncio.timeout(max(0.0, self._seconds) + LATE_SECONDS)
        async with contextlib.aclosing(self._bodies):
            try:
                async with limit:
                    await super().__call__(scope, receive, send)
            except TimeoutError:
                if limit.expired():
                    raise ClientDisconnect from None  # it may as well have left
                raise
            except asyncio.CancelledError:  # the grace is over
                last = _error(scope, STOPPING, "incomplete_generation")
                await send({"type": "http.response.body", "body": last})
                raise


async def _bodies(
    scope: Scope, first: Chunk, others: AsyncGenerator[Chunk, None], encode: Encode
) -> AsyncGenerator[bytes, None]:
    """The events of each chunk as one piece of the body."""
    async with contextlib.aclosing(others):
        try:
            yield b"".join(map(_event, encode(first)))
            async for chunk in others:
                yield b"".join(map(_event, encode(chunk)))
        except InferenceError as error:
            yield _error(scope, str(error), error.error_type, error.status)
        except Exception:
            log.exception("unhandled error in a stream")
            yield _error(scope, "An internal error occurred", "generation")


def _error(scope: Scope, message: str, error_type: str, status: int = 500) -> bytes:
    return _event(error_body(scope, status, {"error": message, "error_type": error_type}))


def _event(value: object) -> bytes:
    return b"data: " + (value.encode() if isinstance(value, str) else orjson.dumps(value)) + b"\n\n"
