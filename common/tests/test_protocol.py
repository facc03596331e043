import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from inference_common.protocol import HttpProtocol
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState

REQUEST = b"GET / HTTP/1.1\r\nhost: a\r\n%s\r\n"
Answer = Callable[[Send], Awaitable[None]]


class Transport:
    """Keeps what is written to it, and None once it is closed."""

    def __init__(self) -> None:
        self.written: list[bytes | None] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.written.append(None)

    def is_closing(self) -> bool:
        return None in self.written

    def get_extra_info(self, name: str) -> Any:
        return None


async def head(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})


async def body(send: Send, piece: bytes, *, more: bool = False) -> None:
    await send({"type": "http.response.body", "body": piece, "more_body": more})


def served(answer: Answer, headers: bytes = b"") -> list[bytes | None]:
    """What the transport is given of an answer."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send)

    async def run() -> list[bytes | None]:
        config, transport = Config(app, lifespan="off"), Transport()
        config.load()
        protocol = HttpProtocol(config, ServerState(), {})
        protocol.connection_made(cast(asyncio.Transport, transport))
        protocol.data_received(REQUEST % headers)
        await asyncio.sleep(0.05)
        protocol.connection_lost(None)
        return transport.written

    return asyncio.run(run())


async def whole(send: Send) -> None:
    await head(send)
    await body(send, b"abcd")


def test_head_and_body_are_one_write() -> None:
    (written,) = [data for data in served(whole) if data is not None]
    assert written.startswith(b"HTTP/1.1 200")
    assert written.endswith(b"\r\n\r\nabcd")


def test_what_is_written_is_sent_before_the_connection_closes() -> None:
    written = served(whole, b"connection: close\r\n")
    assert written[0] is not None
    assert written[0].endswith(b"abcd")
    assert written[1] is None


def test_pieces_that_come_later_are_not_held_back() -> None:
    async def streamed(send: Send) -> None:
        await head(send)
        await body(send, b"ab", more=True)
        await asyncio.sleep(0.01)
        await body(send, b"cd")

    written = [data for data in served(streamed) if data is not None]
    assert len(written) == 2
    assert written[0].endswith(b"\r\n\r\nab")
    assert written[1] == b"cd"
