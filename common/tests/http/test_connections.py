import asyncio
import resource
from collections.abc import Callable

import pytest
from inference_common import Settings
from inference_common.http import connections
from inference_common.http.connections import RESERVED_CONNECTIONS, Connections, default_max_connections


class Waiting:
    """A connection that keeps whether it was checked, and whether it was closed."""

    def __init__(self) -> None:
        self.checks, self.is_aborted = 0, False

    def check(self, now: float) -> None:
        self.checks += 1

    def abort(self) -> None:
        self.is_aborted = True


def play(most: int, scenario: Callable[[Connections, Callable[[], Waiting]], None]) -> None:
    async def run() -> None:
        loop, opened = asyncio.get_running_loop(), Connections(Settings(max_connections=most))

        def one() -> Waiting:
            connection = Waiting()
            opened.add(connection, loop)
            return connection

        scenario(opened, one)

    asyncio.run(run())


def test_the_oldest_idle_one_makes_room_then_the_oldest_slow_one() -> None:
    def scenario(opened: Connections, one: Callable[[], Waiting]) -> None:
        slow, idle, idle_too = one(), one(), one()
        del opened.idle[slow]
        opened.slow[slow] = None
        last = [one(), one()]
        assert [c.is_aborted for c in (idle, idle_too, slow)] == [True, True, False]
        for connection in last:
            del opened.idle[connection]
        newest = one()
        assert (slow.is_aborted, newest.is_aborted, opened.is_full) == (True, False, False)

    play(3, scenario)


def test_those_that_are_answered_stay_and_few_more_may_come() -> None:
    def scenario(opened: Connections, one: Callable[[], Waiting]) -> None:
        answered = [one() for _ in range(3 + RESERVED_CONNECTIONS) if not opened.idle.clear()]  # type: ignore[func-returns-value]
        assert opened.is_full
        assert not any(connection.is_aborted for connection in answered)
        opened.idle.clear()
        assert one().is_aborted
        for connection in answered[: RESERVED_CONNECTIONS + 1]:
            opened.remove(connection)
        assert not opened.is_full

    play(3, scenario)


def test_those_that_wait_are_looked_at_as_long_as_there_are_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SWEEP_SECONDS", 0.01)

    async def run() -> None:
        loop, opened, waiting = asyncio.get_running_loop(), Connections(Settings()), Waiting()
        for _ in range(2):
            opened.add(waiting, loop)
            before = waiting.checks
            await asyncio.sleep(0.1)
            assert waiting.checks > before + 1
            opened.remove(waiting)
            await asyncio.sleep(0.05)
            seen = waiting.checks
            await asyncio.sleep(0.05)
            assert waiting.checks == seen

    asyncio.run(run())


@pytest.mark.parametrize(("soft", "most"), [(1024, 768), (8, 16), (1_048_576, 4096), (resource.RLIM_INFINITY, 4096)])
def test_how_many_there_may_be_follows_from_the_file_descriptors(
    monkeypatch: pytest.MonkeyPatch, soft: int, most: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, soft))
    assert default_max_connections() == most
    assert Connections(Settings(max_connections=7)).max_connections == 7
