"""Which models of a library server are changed over, and when: with stand-ins for models, which only count."""

from __future__ import annotations

import asyncio
from typing import Any

from inference_common.processes.optimizer import FORMS, Optimizer
from inference_common.residency import NONE, Memory, Residency

WEIGHTS = 10
HELD = 17  # as its process is seen to hold, once it has changed over


class Standin:
    """A model, and how many of its kind are optimized at once."""

    running = most = 0

    def __init__(self, state: str = "pending") -> None:
        self.state, self.reason, self.runs = state, "", 0
        self.memory = Memory(WEIGHTS)

    @property
    def is_pending(self) -> bool:
        return self.state == "pending"

    def measure(self) -> None:
        self.memory = Memory(HELD)

    def weight_bytes(self) -> int:
        return WEIGHTS

    def skip(self, reason: str) -> None:
        self.state, self.reason = "skipped", reason

    async def optimize(self) -> None:
        Standin.running += 1
        Standin.most = max(Standin.most, Standin.running)
        await asyncio.sleep(0.01)
        Standin.running -= 1
        self.runs, self.state = self.runs + 1, "verified"


def optimized(budget: int, *models: Standin, kept: int | None = None) -> Residency[Any]:
    """All of them asked for twice at once; the first `kept` of them are still loaded."""
    residency: Residency[Any] = Residency(Memory(budget))
    for model in models[:kept]:
        residency.add(model, Memory(WEIGHTS))

    async def run() -> None:
        optimizer = Optimizer(residency)
        await asyncio.gather(*(optimizer.optimize(model) for model in [*models, *models]))  # type: ignore[arg-type]

    asyncio.run(run())
    return residency


def test_one_at_a_time_and_each_once() -> None:
    models = [Standin(), Standin(), Standin("verified")]
    optimized(10**12, *models)
    assert [model.runs for model in models] == [1, 1, 0]
    assert Standin.most == 1


def test_both_forms_must_fit_the_budget() -> None:
    model = Standin()
    residency = optimized(WEIGHTS + FORMS * WEIGHTS - 1, model)
    assert (model.runs, model.state) == (0, "skipped")
    assert "MAX_MEMORY_MIB" in model.reason
    assert residency.size_of(model) == Memory(WEIGHTS)


def test_one_that_was_unloaded_meanwhile_is_left() -> None:
    model = Standin()
    residency = optimized(10**12, model, kept=0)
    assert (model.runs, residency.size_of(model)) == (0, NONE)


def test_what_its_process_holds_counts_then() -> None:
    model = Standin()
    assert optimized(10**12, model).size_of(model) == Memory(HELD)
