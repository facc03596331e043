"""Bodies that never end, and answers that nobody reads."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from toys.attackers import good_caller, held_bytes, http_head, serve_large
from toys.started import MIB, Start
from toys.waiting import until

PADDED = b'{"inputs": "a"' + b" " * (8 * MIB) + b"}"


@contextlib.asynccontextmanager
async def connections(url: str, count: int) -> AsyncIterator[list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]:
    """So many connections to a server, all closed at the end."""
    address = urlsplit(url)
    opened = [await asyncio.open_connection(address.hostname, address.port, limit=65_536) for _ in range(count)]
    try:
        yield opened
    finally:
        for _, writer in opened:
            writer.transport.abort()


async def first_lines(opened: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> list[bytes]:
    """What each was answered so far, the first line; nothing where there is no answer yet."""

    async def line(reader: asyncio.StreamReader) -> bytes:
        try:
            return await asyncio.wait_for(reader.readline(), 0.5)
        except (TimeoutError, ConnectionError):
            return b""

    return await asyncio.gather(*(line(reader) for reader, _ in opened))


def test_bodies_that_never_end_are_refused_for_those_that_do(start: Start, folder: Path) -> None:
    server, url = serve_large(start, folder, "feature-extraction")
    before = server.resident()

    async def attack() -> list[bytes]:
        async with connections(url, 300) as opened:

            async def send(writer: asyncio.StreamWriter) -> None:
                with contextlib.suppress(ConnectionError):  # who is refused may be hung up on
                    writer.write(http_head(31 * MIB))
                    for _ in range(4):
                        writer.write(bytes(MIB))
                        await writer.drain()

            await asyncio.gather(*(send(writer) for _, writer in opened))
            # Not at once: until the server has read all that was sent, the others are no more silent than this one.
            await asyncio.to_thread(until, lambda: httpx.post(url, content=PADDED, timeout=30).status_code == 200)
            return await first_lines(opened)

    with good_caller(url, json={"inputs": "a"}) as statuses:
        answers = asyncio.run(attack())
    assert set(statuses) == {200}
    assert {line for line in answers if line} == {b"HTTP/1.1 429 Too Many Requests\r\n"}
    assert sum(map(bool, answers)) > 200
    until(lambda: held_bytes(url) < MIB)
    until(lambda: server.resident() < before + 100 * MIB)
    assert server.process.poll() is None


def test_answers_that_nobody_reads_leave_room_for_others(start: Start, folder: Path) -> None:
    server, url = serve_large(start, folder, "feature-extraction", TIMEOUT="10")
    body = b'"' + b"a" * 2_000 + b'"'  # 14 MB of JSON

    async def attack() -> list[bytes]:
        async with connections(url, 60) as opened:
            for _, writer in opened:
                writer.write(http_head(len(body)) + body)
            return await first_lines(opened)

    with good_caller(url, json={"inputs": "a"}) as statuses:
        answers = asyncio.run(attack())
        assert b"HTTP/1.1 429 Too Many Requests\r\n" in answers
    assert set(statuses) == {200}
    until(lambda: held_bytes(url) < MIB)
    assert server.process.poll() is None
