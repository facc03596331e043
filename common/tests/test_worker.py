import asyncio
import threading

import pytest
from inference_common.worker import ModelThread


async def _twice() -> tuple[int, int]:
    thread = ModelThread()
    try:
        return await thread.run(threading.get_ident), await thread.run(threading.get_ident)
    finally:
        thread.stop()


def test_every_call_runs_in_the_one_thread() -> None:
    first, second = asyncio.run(_twice())
    assert first == second != threading.get_ident()


def test_what_the_call_raises_reaches_the_caller() -> None:
    async def run() -> None:
        thread = ModelThread()
        with pytest.raises(ZeroDivisionError):
            await thread.run(lambda: 1 / 0)
        assert await thread.run(lambda: 7) == 7
        thread.stop()

    asyncio.run(run())


def test_a_caller_that_left_does_not_disturb_the_next() -> None:
    async def run() -> None:
        thread, go = ModelThread(), threading.Event()
        left = asyncio.ensure_future(thread.run(go.wait))
        await asyncio.sleep(0)
        left.cancel()
        go.set()
        assert await thread.run(lambda: 7) == 7
        thread.stop()

    asyncio.run(run())


def test_stopping_ends_the_thread() -> None:
    thread = ModelThread()
    thread.stop()
    thread._thread.join(5)
    assert not thread._thread.is_alive()


def test_what_nobody_waits_for_runs_in_turn_and_may_fail() -> None:
    async def run() -> list[int]:
        thread, done = ModelThread(), list[int]()
        thread.post(lambda: done.append(1))
        thread.post(lambda: 1 / 0)
        await thread.run(lambda: done.append(2))
        thread.stop()
        return done

    assert asyncio.run(run()) == [1, 2]
