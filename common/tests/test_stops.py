"""StopSearch: stops in a text that comes token by token, with special tokens that are no part of it."""

from __future__ import annotations

import pytest
from inference_common.generation import Token
from inference_common.stops import StopSearch

Spelled = str | tuple[str]
"""A token's text; of a special token, in a tuple."""


def search(tokens: list[Spelled], stops: list[str]) -> tuple[StopSearch, list[bool]]:
    """The search after these tokens, and after which of them it had found a stop."""
    made = StopSearch(stops)
    spelled = [Token(0, one if isinstance(one, str) else one[0], -0.5, isinstance(one, tuple)) for one in tokens]
    return made, [made.add(token) for token in spelled]


@pytest.mark.parametrize(
    ("tokens", "stops", "start"),
    [
        (["on", "et", "wo"], ["etwo"], 2),
        (["one", "two"], ["x"], None),
        (["one", "two"], [], None),
        (["", "one", ""], ["e"], 2),
        (["abc"], ["c", "b"], 1),
        (["hi", ("<end>",)], ["<end>"], 2),
        (["hi", ("<end>",), "more"], ["<end>"], 2),
        (["hi\n", ("<user>",)], ["\n<user>"], 2),
        ([("<a>",), "hi", ("<b>",), ("<c>",)], ["<b><c>"], 2),
        (["hi", ("<b>",), "you"], ["<b>y"], 2),
        (["hi", ("<b>",), "you"], ["iy"], 1),
        ([("<b>",), "hi"], ["<b>", "h"], 0),
        (["h<", "end>"], ["<end>"], 1),
    ],
)
def test_a_stop_is_found_where_it_begins(tokens: list[Spelled], stops: list[str], start: int | None) -> None:
    found, _ = search(tokens, stops)
    assert found.start == start
    assert found.text == "".join(one for one in tokens if isinstance(one, str))


def test_the_first_stop_stays_the_one_that_ended_the_text() -> None:
    found, after = search(["a", "b", "c"], ["b", "c"])
    assert after == [False, True, True]
    assert found.start == 1


@pytest.mark.parametrize(
    ("tokens", "stops", "withheld"),
    [
        (["hi"], [], 0),
        (["hi"], ["you"], 0),
        (["hi", "yo"], ["you"], 2),
        (["hi\n"], ["\n<user>"], 1),
        (["hi", ("<b>",)], ["<b>you"], 0),
        (["hi", ("<b>",), "yo"], ["<b>you"], 2),
        (["hi", ("<b>",), "yo"], ["<b>you", "oh"], 2),
        (["h", ("<b>",), "yo"], ["h<b>you"], 3),
    ],
)
def test_what_may_belong_to_a_stop_is_withheld(tokens: list[Spelled], stops: list[str], withheld: int) -> None:
    assert search(tokens, stops)[0].withheld == withheld
