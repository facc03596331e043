"""Connections to a process that answers as it likes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from inference_common.processes.connection import MAX_HEAD_BYTES, MAX_WAITING_BYTES, Broken, Connection

Use = Callable[[Connection], Awaitable[None]]
PLAIN = b"HTTP/1.1 200 OK\r\nX-Kind: plain\r\ncontent-length: 3\r\n\r\nabc"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"


def connected(folder: Path, answer: bytes, use: Use, *, closes: bool = False) -> None:
    """Use a connection to a peer that answers each request with these bytes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65536):
            writer.write(answer)
            if closes:
                break
        writer.close()
        await writer.wait_closed()

    async def run() -> None:
        path = str(folder / "peer")
        async with await asyncio.start_unix_server(serve, path):
            _, connection = await asyncio.get_running_loop().create_unix_connection(Connection, path)
            async with asyncio.timeout(10):
                await use(connection)
            connection.close()
            while len(asyncio.all_tasks()) > 1:  # the peer's end
                await asyncio.sleep(0.01)

    asyncio.run(run())


async def body(connection: Connection) -> bytes:
    parts = []
    while part := await connection.chunk():
        parts.append(part)
    return b"".join(parts)


async def whole(connection: Connection) -> bytes:
    await connection.head()
    return await body(connection)


@pytest.mark.parametrize("answer", [PLAIN, CHUNKED])
def test_an_answer_is_read_and_the_connection_used_again(tmp_path: Path, answer: bytes) -> None:
    async def use(connection: Connection) -> None:
        for _ in range(2):
            connection.send([b"GET"])
            status, headers = await connection.head()
            assert (status, headers[0][0]) == (200, b"x-kind" if answer is PLAIN else b"transfer-encoding")
            assert await body(connection) == b"abc"
            assert connection.is_reusable

    connected(tmp_path, answer, use)


@pytest.mark.parametrize(
    ("answer", "has_begun"),
    [(b"", False), (PLAIN[:20], True), (PLAIN[:-1], True), (CHUNKED[:-5], True), (b"no HTTP at all\r\n\r\n", True)],
)
def test_an_answer_that_breaks_off_is_told(tmp_path: Path, answer: bytes, has_begun: bool) -> None:
    async def use(connection: Connection) -> None:
        connection.send([b"GET"])
        with pytest.raises(Broken) as broken:
            await whole(connection)
        assert broken.value.has_begun == has_begun
        assert not connection.is_reusable

    connected(tmp_path, answer, use, closes=True)


def test_headers_without_end_are_not_read(tmp_path: Path) -> None:
    async def use(connection: Connection) -> None:
        connection.send([b"GET"])
        with pytest.raises(Broken):
            await connection.head()

    connected(tmp_path, b"HTTP/1.1 200 OK\r\nx-long: " + b"x" * 2 * MAX_HEAD_BYTES, use)


def test_what_is_not_taken_is_not_read_on(tmp_path: Path) -> None:
    size = 40 * MAX_WAITING_BYTES
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + bytes(size)

    async def use(connection: Connection) -> None:
        connection.send([b"GET"])
        await connection.head()
        await asyncio.sleep(0.3)
        first = await connection.chunk()
        assert len(first) <= 3 * MAX_WAITING_BYTES
        assert len(first) + len(await body(connection)) == size

    connected(tmp_path, answer, use)
