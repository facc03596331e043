from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from inference_common.turns import Turns, caller_of
from starlette.requests import Request


def turns(*added: tuple[str, Sequence[str]]) -> Turns[str]:
    made: Turns[str] = Turns()
    for caller, items in added:
        made.add(caller, items)
    return made


def request(port: int, **headers: str) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw, "client": ("::1", port)})


def test_callers_alternate_and_keep_their_own_order() -> None:
    made = turns(("a", ["a1", "a2", "a3"]), ("b", ["b1"]), ("c", ["c1", "c2"]))
    assert list(made.in_turn()) == ["a1", "b1", "c1", "a2", "c2", "a3"]
    assert (len(made), made.count("a"), made.count("d")) == (6, 3, 0)
    assert dict(made.counts()) == {"a": 3, "b": 1, "c": 2}


def test_whoever_had_a_turn_is_the_last() -> None:
    made = turns(("a", ["a1", "a2"]), ("b", ["b1"]))
    made.served("a")
    assert made.remove("a", "a1")
    assert list(made.in_turn()) == ["b1", "a2"]
    assert made.first() == "b1"
    made.served("nobody")
    made.add("b", ["b2"])
    assert list(made.in_turn()) == ["b1", "a2", "b2"]


def test_who_has_nothing_left_is_forgotten_and_comes_last_again() -> None:
    made = turns(("a", ["a1"]), ("b", ["b1"]))
    assert not made.remove("a", "a9")
    assert made.remove("a", "a1")
    assert not made.remove("a", "a1")
    made.add("a", ["a2"])
    assert list(made.in_turn()) == ["b1", "a2"]
    assert list(turns().in_turn()) == []
    assert turns().first() is None


def test_what_is_put_back_comes_before_what_its_caller_has_waiting() -> None:
    made = turns(("a", ["a3"]), ("b", ["b1"]))
    made.put_back("a", ["a1", "a2"])
    made.put_back("c", ["c1"])
    assert list(made.in_turn()) == ["a1", "b1", "c1", "a2", "a3"]
    assert len(made) == 5


@given(st.lists(st.booleans(), max_size=40))
def test_callers_of_one_thing_each_are_served_as_they_came(steps: list[bool]) -> None:
    made, came = Turns[int](), list[int]()
    for number, comes in enumerate(steps):
        if comes:
            made.add(number, [number])
            came.append(number)
        elif came:
            first = next(made.in_turn())
            made.served(first)
            assert made.remove(first, first)
            assert first == came.pop(0)
    assert list(made.in_turn()) == came


def test_a_caller_is_known_by_its_token_else_by_its_connection() -> None:
    assert caller_of(request(1)) == caller_of(request(1)) != caller_of(request(2))
    mine, theirs = {"authorization": "Bearer mine"}, {"authorization": "Bearer theirs"}
    assert caller_of(request(1, **mine)) == caller_of(request(2, **mine)) != caller_of(request(2, **theirs))
    assert "mine" not in repr(caller_of(request(1, **mine)))
