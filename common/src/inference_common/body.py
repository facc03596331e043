"""Reading a request's body: within its limit of bytes, its time, and the memory of all requests."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from .account import MemoryAccount, Reservation, reserve, too_large
from .errors import InferenceError, RequestTimeout, TooLarge, UnsupportedMedia
from .patience import CancelAfter
from .settings import Settings
from .timers import SharedTimer


class BodyReader:
    """Reads bodies under the settings of one server."""

    def __init__(self, settings: Settings, account: MemoryAccount) -> None:
        self._account = account
        self._limit, self._seconds = settings.max_body_bytes, settings.body_timeout
        self._timer = SharedTimer(settings.body_timeout)

    async def read(self, request: Request) -> bytes:
        """The whole body, which a reservation for the current request holds from now on.

        Raises TooLarge (413) as soon as that is known, RequestTimeout (408) for a slow caller, UnsupportedMedia (415)
        for a compressed body, Overloaded (429) where requests in flight leave no room for it.
        """
        if request.headers.get("content-encoding", "identity") != "identity":
            raise UnsupportedMedia("A content-encoding is not taken; send the body as it is, not compressed")
        told = request.headers.get("content-length", "")
        reservation = reserve(self._account, int(told) if told.isdecimal() else 0)
        if told.isdecimal():
            self._refuse_larger(int(told))
        with CancelAfter(self._timer, self._late) as scope:
            message = await request.receive()
            body: bytes = message.get("body", b"")
            if message["type"] == "http.request" and not message.get("more_body", False):
                self._refuse_larger(len(body))
                reservation.take(len(body))
                return body
            with _Arriving(reservation, scope) as arriving:
                return await self._rest(request, message, arriving)

    async def _rest(self, request: Request, message: Message, arriving: _Arriving) -> bytes:
        size, parts = 0, arriving.parts
        while True:
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._limit:
                raise _too_large(self._limit)
            arriving.add(len(parts[-1]))
            if not message.get("more_body", False):
                return arriving.joined(size)
            message = await request.receive()

    def _refuse_larger(self, count: int) -> None:
        if count > self._limit:
            raise _too_large(self._limit)
        if count > self._account.max_bytes_per_request:
            raise too_large(count, self._account.max_bytes_per_request)

    def _late(self) -> RequestTimeout:
        return RequestTimeout(
            f"The request body did not arrive within {self._seconds:g} s (BODY_TIMEOUT); send it faster"
        )


class _Arriving:
    """A `with` block in which a body arrives in parts.

    Inside, the request may be refused to give its memory to others: `scope` is cancelled then.
    """

    def __init__(self, reservation: Reservation, scope: CancelAfter) -> None:
        self._reservation, self._scope = reservation, scope
        self._loop = asyncio.get_running_loop()
        self._refusal: InferenceError | None = None
        self._is_open = True
        self.parts: list[bytes] = []  # one buffer that grows would leave holes of all sizes in the heap

    def __enter__(self) -> _Arriving:
        return self

    def __exit__(self, *raised: object) -> None:
        self._is_open = False
        self.parts.clear()  # not when the collector finds the error that a frame holds, and its frames
        self._reservation.arrived_whole()
        if self._refusal is not None and raised[0] is None:
            raise self._refusal

    def add(self, count: int) -> None:
        """`count` bytes more have arrived. Raises Overloaded."""
        self._reservation.arrived(count, self._evict)
        if self._refusal is not None:
            raise self._refusal

    def joined(self, size: int) -> bytes:
        """The whole body, for a moment beside its parts. Raises Overloaded."""
        self.add(size)
        whole = b"".join(self.parts)
        self._reservation.give_back(size)
        return whole

    def _evict(self, refusal: InferenceError) -> None:
        self._refusal = refusal
        self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if self._is_open and self._refusal is not None:
            self._scope.cancel(self._refusal)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The request body is larger than {limit:,} bytes (MAX_BODY_BYTES); send less at once")
