import asyncio

from inference_common.timers import SharedTimer

SECONDS = 0.02


class Wait:
    def __init__(self, name: str, expired: list[str]) -> None:
        self._name, self._expired = name, expired

    def expire(self) -> None:
        self._expired.append(self._name)


def test_waits_expire_in_the_order_in_which_they_began_unless_they_are_stopped() -> None:
    async def run() -> list[str]:
        expired: list[str] = []
        loop, timer = asyncio.get_running_loop(), SharedTimer(SECONDS)
        first, stopped, second = (Wait(name, expired) for name in ("first", "stopped", "second"))
        timer.start(first, loop)
        timer.start(stopped, loop)
        timer.start(second, loop)
        timer.stop(stopped)
        assert expired == []
        await asyncio.sleep(SECONDS * 5)
        timer.stop(first)  # it has expired: nothing happens
        return expired

    assert asyncio.run(run()) == ["first", "second"]


def test_a_timer_that_ran_out_of_waits_begins_again() -> None:
    async def run() -> list[str]:
        expired: list[str] = []
        loop, timer = asyncio.get_running_loop(), SharedTimer(SECONDS)
        for name in ("first", "second"):
            timer.start(Wait(name, expired), loop)
            await asyncio.sleep(SECONDS * 5)
        return expired

    assert asyncio.run(run()) == ["first", "second"]


def test_one_timer_of_the_event_loop_serves_all_waits() -> None:
    async def run() -> int:
        loop, timer, armed = asyncio.get_running_loop(), SharedTimer(60), 0
        call_later = loop.call_later

        def counted(*arguments: object) -> asyncio.TimerHandle:
            nonlocal armed
            armed += 1
            return call_later(*arguments)  # type: ignore[arg-type]

        loop.call_later = counted  # type: ignore[method-assign, assignment]
        for _ in range(100):
            timer.start(Wait("", []), loop)
        return armed

    assert asyncio.run(run()) == 1
