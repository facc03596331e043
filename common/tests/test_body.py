import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest
from inference_common import account
from inference_common.account import MemoryAccount, Reservation
from inference_common.body import BodyReader
from inference_common.errors import Overloaded, TooLarge
from inference_common.settings import Settings
from inference_common.units import MIB
from starlette.requests import ClientDisconnect, Request

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def request_of(receive: Receive, **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "headers": raw}, receive)


def messages(*given: Message) -> Receive:
    """Those given, and then nothing, for ever."""
    left = list(given)

    async def receive() -> Message:
        if left:
            return left.pop(0)
        await asyncio.sleep(60)
        raise AssertionError("asked for too long")

    return receive


def reader(whole: MemoryAccount) -> BodyReader:
    return BodyReader(Settings(), whole)


def test_a_body_in_parts_is_whole_and_held() -> None:
    async def read() -> tuple[bytes, int]:
        whole = MemoryAccount(100 * MIB)
        parts = part(b"ab", more=True), part(b"", more=True), part(b"c")
        return await reader(whole).read(request_of(messages(*parts))), whole.used

    assert asyncio.run(read()) == (b"abc", 3)


def test_a_body_larger_than_all_memory_is_refused_by_what_is_told() -> None:
    async def read() -> None:
        await reader(MemoryAccount(MIB)).read(request_of(messages(), content_length=str(2 * MIB)))

    with pytest.raises(TooLarge, match="MAX_REQUEST_MEMORY_MIB"):
        asyncio.run(read())


def test_a_caller_who_leaves_in_the_middle_is_gone() -> None:
    async def read() -> None:
        left = messages(part(b"ab", more=True), {"type": "http.disconnect"})
        await reader(MemoryAccount(MIB)).read(request_of(left))

    with pytest.raises(ClientDisconnect):
        asyncio.run(read())


def test_a_body_that_stalls_is_refused_for_one_that_needs_its_memory() -> None:
    async def both() -> tuple[BaseException, int]:
        whole = MemoryAccount(100 * MIB)
        stalled = asyncio.create_task(reader(whole).read(request_of(messages(part(bytes(20 * MIB), more=True)))))
        while whole.used < 20 * MIB:
            await asyncio.sleep(0)
        Reservation(whole).take(80 * MIB)
        (refused,) = await asyncio.gather(stalled, return_exceptions=True)
        assert isinstance(refused, BaseException)
        return refused, whole.used

    refused, used = asyncio.run(both())
    assert isinstance(refused, Overloaded)
    assert (refused.retry_after, used) == (1, 80 * MIB)


def test_a_body_that_was_refused_for_another_is_not_read_on() -> None:
    async def read() -> bytes:
        whole = MemoryAccount(100 * MIB)
        left = [part(bytes(20 * MIB), more=True), part(b"end")]

        async def receive() -> Message:
            if len(left) == 1:  # as another request's decoding does, in a thread
                Reservation(whole).take(80 * MIB)
            return left.pop(0)

        return await reader(whole).read(request_of(receive))

    with pytest.raises(Overloaded):
        asyncio.run(read())
    account.release()
