"""A model in simulated time: what each way of choosing batches gives callers as more and more of them come.

Texts of 5 to 40 words come by chance (Poisson); a call costs what one of a small network on two cores does. Nothing
here looks at a clock, so the figures are the same on every machine.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from inference_common.batching import Bounds, CallTime, window
from inference_common.waiting import CANDIDATE_BATCHES

FIXED, EACH = 0.004, 0.00022  # seconds a call, and a token of it
SIZE = 32
REQUESTS = 4000
Job = tuple[float, int]
"""When it came, and its cost."""


@dataclass(frozen=True)
class Outcome:
    """What came of it: inputs a second while there was work, and the waits in seconds, shortest first."""

    throughput: float
    waits: Sequence[float]

    def wait(self, share: float) -> float:
        """That which so many of the inputs did not exceed."""
        return self.waits[int(share * (len(self.waits) - 1))]


Choose = Callable[[list[Job], CallTime], list[Job]]


def learnt(waiting: list[Job], known: CallTime) -> list[Job]:
    """The batcher's own way."""
    ordered = sorted(waiting[: CANDIDATE_BATCHES * SIZE], key=lambda job: job[1])
    chosen = window([cost for _, cost in ordered], ordered.index(waiting[0]), Bounds(SIZE), known.overhead)
    return ordered[chosen.start : chosen.stop]


def first_come(waiting: list[Job], known: CallTime) -> list[Job]:
    """As many as there are, in the order they came."""
    return waiting[:SIZE]


def alone(waiting: list[Job], known: CallTime) -> list[Job]:
    """One at a time."""
    return waiting[:1]


def simulate(choose: Choose, rate: float, seed: int = 0) -> Outcome:
    """Callers that come so many a second, until each is answered."""
    chance, known = random.Random(seed), CallTime()
    at, coming = 0.0, list[Job]()
    for _ in range(REQUESTS):
        at += chance.expovariate(rate)
        coming.append((at, chance.randint(7, 56)))
    coming.reverse()
    now, busy, waiting, waits = 0.0, 0.0, list[Job](), list[float]()
    while coming or waiting:
        while coming and (coming[-1][0] <= now or not waiting):
            waiting.append(coming.pop())
            now = max(now, waiting[0][0])
        batch = choose(waiting, known)
        assert waiting[0] in batch
        waiting = [job for job in waiting if job not in batch]
        padded = len(batch) * max(cost for _, cost in batch)
        took = FIXED + EACH * padded
        known.observe(padded, took)
        now, busy = now + took, busy + took
        waits += [now - came for came, _ in batch]
    return Outcome(REQUESTS / busy, sorted(waits))


def test_it_does_more_than_other_ways_where_there_is_too_much_to_do() -> None:
    flood = {choose: simulate(choose, rate=1000).throughput for choose in (alone, first_come, learnt)}
    assert flood[learnt] > 1.25 * flood[first_come]
    assert flood[learnt] > 1.25 * flood[alone]


@pytest.mark.parametrize("load", [0.3, 0.6, 0.9])
def test_nobody_waits_longer_for_it(load: float) -> None:
    rate = load * simulate(first_come, rate=1000).throughput
    ours, theirs = simulate(learnt, rate), simulate(first_come, rate)
    assert ours.wait(0.5) <= 1.02 * theirs.wait(0.5)
    assert ours.wait(0.99) <= 1.02 * theirs.wait(0.99)


def test_it_holds_a_load_that_other_ways_do_not() -> None:
    rate = 1.15 * simulate(first_come, rate=1000).throughput
    assert simulate(learnt, rate).wait(0.99) < 0.2 * simulate(first_come, rate).wait(0.99)
