"""An app whose answers arrive a byte at a time, or never."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HANGS = float("inf")


def slowly(app: ASGIApp, slow: Mapping[str, float], is_ended: Callable[[], bool]) -> ASGIApp:
    """Have those answers whose path holds a key of `slow` sent a byte every so many seconds (HANGS: none at all), until
    `is_ended`."""

    async def sleep(seconds: float) -> None:
        end = time.monotonic() + seconds
        while not is_ended() and time.monotonic() < end:
            await asyncio.sleep(min(0.05, seconds))

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        seconds = next((found for part, found in slow.items() if part in scope["path"]), None)

        async def send_slowly(message: Message) -> None:
            assert seconds is not None
            body, more = message.pop("body", b""), message.pop("more_body", False)
            await sleep(seconds if seconds == HANGS else 0.0)
            if message["type"] == "http.response.body":
                for byte in body:
                    await send({**message, "body": bytes([byte]), "more_body": True})
                    await sleep(seconds)
            await send({**message, "body": b"", "more_body": more} if "body" in message["type"] else message)

        await app(scope, receive, send if seconds is None else send_slowly)

    return answer
