import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from inference_common import Settings
from inference_common.http.connections import Connections
from inference_common.http.protocol import HttpProtocol
from inference_common.http.transport import MAX_GATHERED_BYTES
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState

REQUEST = b"GET / HTTP/1.1\r\nhost: a\r\n%s\r\n"
Answer = Callable[[Send], Awaitable[None]]


class Transport:
    """Keeps what is written to it, and None once it is closed."""

    def __init__(self, unsent: int = 0) -> None:
        self.written: list[bytes | None] = []
        self.unsent, self.is_aborted = unsent, False

    def writelines(self, pieces: list[bytes]) -> None:
        self.written.append(b"".join(pieces))

    def close(self) -> None:
        self.written.append(None)

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def abort(self) -> None:
        self.is_aborted = True

    def is_closing(self) -> bool:
        return None in self.written

    def get_extra_info(self, name: str) -> Any:
        return None


async def head(send: Send, length: int = 4) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % length)]})


async def body(send: Send, piece: bytes, *, more: bool = False) -> None:
    await send({"type": "http.response.body", "body": piece, "more_body": more})


def served(answer: Answer, headers: bytes = b"", *, leaves: bool = False) -> list[bytes | None]:
    """What the transport is given of an answer; with `leaves`, it closes as soon as the request is there."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send)

    async def run() -> list[bytes | None]:
        config, transport = Config(app, lifespan="off"), Transport()
        config.load()
        protocol = HttpProtocol(config, ServerState(), {}, connections=Connections(Settings()))
        protocol.connection_made(cast(asyncio.Transport, transport))
        protocol.data_received(REQUEST % headers)
        await asyncio.sleep(0)
        if leaves:
            transport.close()
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


def test_much_of_one_turn_is_not_gathered() -> None:
    piece = b"a" * (MAX_GATHERED_BYTES + 1)

    async def large(send: Send) -> None:
        await head(send, 3 * len(piece))
        for more in (True, True, False):
            await body(send, piece, more=more)

    written = [data for data in served(large) if data is not None]
    assert [len(data) >= len(piece) for data in written] == [True] * 3


def test_nothing_is_written_to_a_caller_that_left() -> None:
    assert set(served(whole, leaves=True)) == {None}


def test_a_caller_that_ends_its_side_after_the_request_is_answered() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await whole(send)

    async def run() -> bytes:
        config = Config(app, lifespan="off")
        config.load()
        loop, state, connections = asyncio.get_running_loop(), ServerState(), Connections(Settings())
        server = await loop.create_server(
            lambda: HttpProtocol(config, state, {}, connections=connections), "127.0.0.1", 0
        )
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(REQUEST % b"")
            writer.write_eof()
            answer = await reader.read()
            writer.close()
            return answer

    assert asyncio.run(run()).endswith(b"\r\n\r\nabcd")


@pytest.mark.parametrize("headers", [b"", b"connection: close\r\n"])
def test_a_small_answer_that_is_not_read_holds_no_connection(headers: bytes) -> None:
    """The transport never asks the writer to wait for so little, and closes only once it is sent."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await whole(send)

    async def run() -> bool:
        config, transport = Config(app, lifespan="off", timeout_keep_alive=cast(int, 0.02)), Transport(unsent=1000)
        config.load()
        connections = Connections(Settings(timeout=0.02))
        protocol = HttpProtocol(config, ServerState(), {}, connections=connections)
        protocol.connection_made(cast(asyncio.Transport, transport))
        protocol.data_received(REQUEST % headers)
        await asyncio.sleep(0.3)
        return transport.is_aborted

    assert asyncio.run(run())
