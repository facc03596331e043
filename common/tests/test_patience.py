import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from inference_common.errors import InferenceTimeout
from inference_common.patience import CancelOnDisconnect, disconnect_timer
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

T = TypeVar("T")
Receive = Callable[[], Awaitable[Message]]


async def stays() -> Message:
    await asyncio.sleep(60)
    raise AssertionError("asked for too long")


async def leaves() -> Message:
    await asyncio.sleep(0.02)
    return {"type": "http.disconnect"}


def request(receive: Receive) -> Request:
    return Request({"type": "http", "method": "POST", "headers": []}, receive)


async def until_gone(request: Request, work: Awaitable[T], seconds: float) -> T:
    with CancelOnDisconnect(request, seconds, disconnect_timer(seconds)):
        return await work


class Work:
    """Takes a minute, and notes its end."""

    def __init__(self) -> None:
        self.ended = False

    async def run(self) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            self.ended = True


def test_what_is_there_in_time_is_given() -> None:
    async def quick() -> int:
        await asyncio.sleep(0.02)
        return 7

    assert asyncio.run(until_gone(request(stays), quick(), 5)) == 7


@pytest.mark.parametrize(
    ("receive", "seconds", "error"),
    [(leaves, 5, ClientDisconnect), (stays, 0.05, InferenceTimeout), (stays, 0.001, InferenceTimeout)],
)
def test_a_caller_that_leaves_and_a_time_that_is_over_end_the_work(
    receive: Receive, seconds: float, error: type[Exception]
) -> None:
    async def run() -> int:
        with pytest.raises(error):
            await until_gone(request(receive), work.run(), seconds)
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    work = Work()
    assert asyncio.run(run()) == 0  # the task itself goes on as if nothing had been asked of it
    assert work.ended


def test_who_is_cancelled_by_others_is_not_told_of_a_caller() -> None:
    async def run() -> None:
        waiting = asyncio.ensure_future(until_gone(request(leaves), work.run(), 5))
        await asyncio.sleep(0.005)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    work = Work()
    asyncio.run(run())
    assert work.ended


@pytest.mark.parametrize("receive", [leaves, stays])
def test_a_cancellation_of_both_is_the_others(receive: Receive) -> None:
    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            waiting.cancel()
            await asyncio.sleep(0)

    async def run() -> None:
        nonlocal waiting
        waiting = asyncio.ensure_future(until_gone(request(receive), stubborn(), 0.1))
        with pytest.raises(asyncio.CancelledError):
            await waiting

    waiting: asyncio.Future[None]
    asyncio.run(run())


def test_a_time_out_of_the_work_s_own_is_not_ours() -> None:
    async def work() -> None:
        raise TimeoutError("of a library")

    with pytest.raises(TimeoutError, match="of a library"):
        asyncio.run(until_gone(request(stays), work(), 5))
