import asyncio
from collections.abc import Awaitable, Callable

import pytest
from inference_common.gate import Gate


def play(scenario: Callable[[Gate], Awaitable[None]], most: int = 1) -> None:
    async def run() -> None:
        await scenario(Gate(most))

    asyncio.run(run())


async def entered(gate: Gate, caller: str, order: list[str]) -> None:
    await gate.acquire(caller)
    order.append(caller)


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_callers_are_let_through_in_turn() -> None:
    async def scenario(gate: Gate) -> None:
        order: list[str] = []
        await gate.acquire("first")
        waiting = [asyncio.ensure_future(entered(gate, caller, order)) for caller in ["many"] * 3 + ["one"]]
        await turn()
        assert (order, gate.count("many"), gate.count("one")) == ([], 3, 1)
        for _ in waiting:
            gate.release()
            await turn()
        assert order == ["many", "one", "many", "many"]

    play(scenario)


@pytest.mark.parametrize("was_let_through", [False, True])
def test_who_leaves_while_it_waits_keeps_no_place(was_let_through: bool) -> None:
    async def scenario(gate: Gate) -> None:
        order: list[str] = []
        await gate.acquire("first")
        left = asyncio.ensure_future(entered(gate, "left", order))
        stays = asyncio.ensure_future(entered(gate, "stays", order))
        await turn()
        if was_let_through:
            gate.release()
            left.cancel()
        else:
            left.cancel()
            gate.release()
        await asyncio.wait_for(stays, 5)
        assert order == ["stays"]
        gate.release()
        await asyncio.wait_for(gate.acquire("last"), 5)

    play(scenario)


def test_a_place_that_waits_for_a_reader_goes_to_whoever_waits_for_one() -> None:
    late = ValueError("late")

    async def scenario(gate: Gate) -> None:
        loop = asyncio.get_running_loop()
        rooms = [loop.create_future(), loop.create_future()]
        holding = [asyncio.ensure_future(gate.hold_unless_wanted(room, late)) for room in rooms]
        await gate.acquire("first")
        await turn()
        assert not holding[0].done()  # nobody waits
        waiting = asyncio.ensure_future(gate.acquire("second"))
        await turn()
        assert holding[0].exception() is late
        assert not holding[1].done()
        rooms[1].set_result(None)
        await holding[1]
        third = loop.create_future()
        with pytest.raises(ValueError, match="late"):  # as one waits already
            await gate.hold_unless_wanted(third, late)
        gate.release()
        await waiting

    play(scenario)


def test_who_is_cancelled_while_it_holds_is_not_late() -> None:
    async def scenario(gate: Gate) -> None:
        room = asyncio.get_running_loop().create_future()
        holding = asyncio.ensure_future(gate.hold_unless_wanted(room, ValueError("late")))
        await turn()
        holding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await holding

    play(scenario)
