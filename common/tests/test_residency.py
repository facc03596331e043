"""Residency as pure bookkeeping, against a model of it that keeps a plain list."""

from hypothesis import given
from hypothesis import strategies as st
from inference_common.residency import Residency


class Thing:
    def __init__(self, size: int, *, busy: bool = False) -> None:
        self.size, self.busy = size, busy


def free(thing: Thing) -> bool:
    return not thing.busy


def kept(budget: int, *things: Thing) -> Residency[Thing]:
    residency: Residency[Thing] = Residency(budget)
    for thing in things:
        residency.add(thing, thing.size)
    return residency


def test_the_least_recently_used_goes_first() -> None:
    first, second, third = Thing(40), Thing(40), Thing(40)
    residency = kept(100, first, second)
    residency.touch(first)
    residency.add(third)
    assert residency.make_room(third, third.size, free) == [second]
    assert residency.oldest_first() == [first, third]
    assert residency.bytes == 80


def test_what_is_in_use_stays_and_where_that_is_too_much_nothing_changes() -> None:
    busy, idle, new = Thing(60, busy=True), Thing(30), Thing(50)
    residency = kept(100, busy, idle, new)
    assert residency.make_room(new, new.size, free) is None
    assert residency.oldest_first() == [busy, idle, new]
    busy.busy = False
    assert residency.make_room(new, new.size, free) == [busy]


def test_what_left_cannot_be_resized_or_removed_again() -> None:
    thing = Thing(10)
    residency = kept(100, thing)
    residency.remove(thing)
    residency.remove(thing)
    residency.resize(thing, 50)
    assert residency.bytes == 0


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans(), st.integers(0, 5)), max_size=40))
def test_the_budget_holds_whatever_comes(arrivals: list[tuple[int, bool, int]]) -> None:
    residency: Residency[Thing] = Residency(100)
    for size, busy, touched in arrivals:
        for thing in residency.oldest_first()[:touched]:
            residency.touch(thing)
        new = Thing(size, busy=busy)
        before = residency.oldest_first()
        residency.add(new)
        gone = residency.make_room(new, size, free)
        if gone is None:
            residency.remove(new)
            in_use = sum(thing.size for thing in before if thing.busy)
            assert in_use + size > 100
            assert residency.oldest_first() == before
        else:
            assert not any(thing.busy for thing in gone)
            assert residency.oldest_first() == [*(thing for thing in before if thing not in gone), new]
        assert residency.bytes <= 100
