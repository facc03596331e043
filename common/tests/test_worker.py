import asyncio
import threading

import pytest
from inference_common.errors import Overloaded
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


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, StopIteration, asyncio.CancelledError])
def test_what_no_event_loop_could_bear_is_told_as_another_error(kind: type[BaseException]) -> None:
    def raises() -> None:
        raise kind("of a library")

    async def run() -> None:
        thread = ModelThread()
        with pytest.raises(RuntimeError, match=f"{kind.__name__}: of a library"):
            await thread.run(raises)
        thread.post(raises)
        assert await thread.run(lambda: 7) == 7
        thread.stop()

    asyncio.run(run())


def test_where_no_thread_can_be_had_the_caller_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(Overloaded, match="no thread left"):
        ModelThread()


def test_how_long_a_call_is_at_its_present_step_is_told() -> None:
    async def run() -> None:
        thread, go, stepped = ModelThread(), threading.Event(), threading.Event()
        assert thread.busy_seconds == 0

        def call() -> None:
            go.wait(5)
            thread.step()
            stepped.set()
            go.clear()
            go.wait(5)

        running = asyncio.ensure_future(thread.run(call))
        await asyncio.sleep(0.1)
        before = thread.busy_seconds
        assert before > 0.05
        go.set()
        await asyncio.to_thread(stepped.wait)
        assert thread.busy_seconds < before
        go.set()
        await running
        await thread.run(lambda: None)
        thread.stop()
        await thread.stopped()
        assert thread.busy_seconds == 0

    asyncio.run(run())
