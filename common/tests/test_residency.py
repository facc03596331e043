"""Residency as pure bookkeeping, against a model of it that keeps a plain list."""

from hypothesis import given
from hypothesis import strategies as st
from inference_common.residency import Memory, Residency


class Thing:
    def __init__(self, host: int, gpu: int = 0, *, busy: bool = False) -> None:
        self.size, self.busy = Memory(host, gpu), busy


def free(thing: Thing) -> bool:
    return not thing.busy


def kept(host: int, *things: Thing, gpu: int = 0) -> Residency[Thing]:
    residency: Residency[Thing] = Residency(Memory(host, gpu))
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
    assert residency.size == Memory(80)


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
    residency.resize(thing, Memory(50))
    assert residency.size == Memory()


def test_a_full_gpu_takes_the_place_of_what_is_on_it_alone() -> None:
    on_host, first, second, new = Thing(50), Thing(1, 60), Thing(1, 30), Thing(0, 50)
    residency = kept(100, on_host, first, second, gpu=100)
    residency.add(new)
    assert residency.make_room(new, new.size, free) == [first]
    assert residency.oldest_first() == [on_host, second, new]
    assert residency.size == Memory(51, 80)


def test_both_kinds_of_memory_must_have_room() -> None:
    on_host, on_gpu = Thing(60, busy=True), Thing(0, 60)
    residency = kept(100, on_host, on_gpu, gpu=100)
    assert residency.make_room(Thing(0), Memory(50, 50), free) is None
    assert residency.make_room(Thing(0), Memory(40, 50), free) == [on_gpu]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.booleans(), st.integers(0, 5)), max_size=40))
def test_the_budget_holds_whatever_comes(arrivals: list[tuple[int, int, bool, int]]) -> None:
    budget = Memory(100, 90)
    residency: Residency[Thing] = Residency(budget)
    for host, gpu, busy, touched in arrivals:
        for thing in residency.oldest_first()[:touched]:
            residency.touch(thing)
        new = Thing(host, gpu, busy=busy)
        before = residency.oldest_first()
        residency.add(new)
        gone = residency.make_room(new, new.size, free)
        if gone is None:
            residency.remove(new)
            in_use = sum((thing.size for thing in before if thing.busy), new.size)
            assert not in_use.fits(budget)
            assert residency.oldest_first() == before
        else:
            assert not any(thing.busy for thing in gone)
            assert residency.oldest_first() == [*(thing for thing in before if thing not in gone), new]
        assert residency.size.fits(budget)
