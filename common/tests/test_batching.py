import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inference_common.batching import Bounds, CallTime, window

COSTS = st.lists(st.integers(1, 512), min_size=1, max_size=80).map(sorted)
OVERHEADS = st.one_of(st.just(math.inf), st.floats(0, 10_000))


@given(COSTS, st.data(), st.integers(1, 32), st.none() | st.integers(1, 20_000), OVERHEADS)
def test_the_oldest_is_in_it_and_the_bounds_hold(
    costs: list[int], data: st.DataObject, count: int, cost: int | None, overhead: float
) -> None:
    oldest = data.draw(st.integers(0, len(costs) - 1))
    chosen = window(costs, oldest, Bounds(count, cost), overhead)
    assert oldest in chosen
    assert 1 <= len(chosen) <= count
    assert chosen.start >= 0
    assert chosen.stop <= len(costs)
    if cost is not None and len(chosen) > 1:
        assert len(chosen) * costs[chosen[-1]] <= cost


@given(COSTS, st.data(), st.integers(1, 12), OVERHEADS)
def test_no_other_neighbours_would_make_a_call_more_useful(
    costs: list[int], data: st.DataObject, count: int, overhead: float
) -> None:
    oldest = data.draw(st.integers(0, len(costs) - 1))

    def share(part: range) -> float:
        useful = sum(costs[n] for n in part)
        return useful if math.isinf(overhead) else useful / (overhead + len(part) * costs[part[-1]])

    chosen = window(costs, oldest, Bounds(count), overhead)
    others = (
        range(begin, end)
        for begin in range(max(0, oldest - count + 1), oldest + 1)
        for end in range(oldest + 1, min(len(costs), begin + count) + 1)
    )
    assert share(chosen) == pytest.approx(max(map(share, others)))


def test_padding_decides_where_calls_are_cheap_and_count_where_they_are_dear() -> None:
    costs = [5, 6, 7, 40, 41]
    assert window(costs, 0, Bounds(32), overhead=10) == range(3)
    assert window(costs, 4, Bounds(32), overhead=10) == range(3, 5)
    assert window(costs, 0, Bounds(32), overhead=1000) == range(5)
    assert window(costs, 0, Bounds(32), math.inf) == range(5)


def test_equal_costs_fill_the_call() -> None:
    assert len(window([1] * 100, 50, Bounds(32), overhead=0.5)) == 32


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_what_a_call_costs_is_learnt(noise: float) -> None:
    known, chance = CallTime(), random.Random(1)
    assert known.overhead == math.inf
    for _ in range(300):
        padded = chance.randint(20, 2000)
        known.observe(padded, (0.004 + 0.0001 * padded) * (1 + noise * chance.uniform(-1, 1)))
    assert known.overhead == pytest.approx(40, rel=0.01 if not noise else 1)


def test_what_a_call_costs_by_itself_is_no_more_than_was_measured_in_quiet() -> None:
    known = CallTime()
    known.own = 2.0
    for padded in (10, 20, 40, 80):
        known.observe(padded, 12.0 + 0.5 * padded)  # of which 10 s are others' work
    assert known.overhead == pytest.approx(2.0 / 0.5)
    assert known.seconds(1, 10) == pytest.approx(12.0 + 5.0)  # to those who wait it is all the same whose work it is


def test_calls_that_are_all_alike_teach_nothing_of_their_own_cost() -> None:
    known = CallTime()
    for _ in range(10):
        known.observe(100, 0.01)
    assert known.overhead == math.inf


def test_calls_that_take_the_same_whatever_they_hold_are_filled() -> None:
    known = CallTime()
    for padded in (10, 1000, 10, 1000):
        known.observe(padded, 0.01)
    assert known.overhead == math.inf


def test_time_is_what_the_calls_and_what_they_hold_take() -> None:
    known = CallTime()
    assert known.seconds(3, 100) == 0
    for padded in (20, 400, 1000) * 200:
        known.observe(padded, 0.01 + 0.001 * padded)
    assert known.seconds(3, 500) == pytest.approx(0.53)
    for padded in (20, 400, 1000) * 200:
        known.observe(padded, 0.02 + 0.002 * padded)
    assert known.seconds(3, 500) == pytest.approx(1.06, rel=1e-3)


def test_calls_of_one_input_do_not_foretell_that_a_full_one_takes_as_long_for_each() -> None:
    known = CallTime()
    for _ in range(20):
        known.observe(5, 0.6)
    assert known.seconds(7, 200 * 5) == pytest.approx(7 * 0.6)


def test_a_queue_that_shrinks_slower_than_told_is_told_so() -> None:
    known = CallTime()
    assert known.pace == 1
    known.observe_pace(0.0, 5.0)  # nothing was known yet: nothing is learnt
    assert known.pace == 1
    for _ in range(5):
        known.observe_pace(0.1, 0.15)
    assert known.pace == pytest.approx(1.5)
    for _ in range(300):
        known.observe_pace(0.1, 0.1)
    assert known.pace == pytest.approx(1, abs=0.01)
