import asyncio
from dataclasses import dataclass

import pytest
from inference_common.unread import MAX_CHUNKS, Unread


@dataclass(frozen=True)
class Numbered:
    number: int
    whole: None = None


def test_chunks_are_read_in_order_and_then_the_end_is_told() -> None:
    async def run() -> None:
        unread = Unread()
        reading = asyncio.ensure_future(unread.get())
        await asyncio.sleep(0)
        unread.put(Numbered(1))
        unread.put(Numbered(2))
        assert await reading == Numbered(1)
        unread.end()
        assert await unread.get() == Numbered(2)
        assert await unread.get() is None

    asyncio.run(run())


def test_an_error_follows_what_was_made_before_it() -> None:
    async def run() -> None:
        unread = Unread()
        unread.put(Numbered(1))
        unread.end(ValueError("broken"))
        assert await unread.get() == Numbered(1)
        with pytest.raises(ValueError, match="broken"):
            await unread.get()

    asyncio.run(run())


def test_there_is_room_again_once_a_full_one_is_read() -> None:
    async def run() -> None:
        unread = Unread()
        for number in range(MAX_CHUNKS):
            assert not unread.is_full
            unread.put(Numbered(number))
        assert unread.is_full
        room = unread.room()
        await asyncio.sleep(0)
        assert not room.done()
        await unread.get()
        await asyncio.wait_for(room, 5)
        assert not unread.is_full

    asyncio.run(run())
