"""Texts that end an answer, looked for as its tokens come."""

from __future__ import annotations

from collections.abc import Sequence

from .generation import Token


class StopSearch:
    """The text of an answer so far, and the first of `stops` that it holds.

    Special tokens are no part of an answer's `text`, and a stop may be one, or hold one: each stop is looked for both
    in the text, and in the text with its special tokens. `start` is where in `text` the stop begins, None before one
    is found.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops, self._longest = stops, max(map(len, stops), default=0)
        self.text = ""
        self.start: int | None = None
        self._spelled = ""  # the text with its special tokens
        self._special: list[tuple[int, int]] = []  # where each begins in that, and its length

    def add(self, token: Token) -> bool:
        """Take one more token; whether a stop has been found by now."""
        if token.special:
            self._special.append((len(self._spelled), len(token.text)))
        else:
            self.text += token.text
        self._spelled += token.text
        if self.start is None and self._stops and token.text:
            self.start = self._find(len(token.text), token.special)
        return self.start is not None

    @property
    def withheld(self) -> int:
        """How many last characters of the text may yet turn out to belong to a stop."""
        if not self._stops:
            return 0
        begun = self._begun(self._spelled)
        return max(self._begun(self.text), len(self.text) - self._place(len(self._spelled) - begun))

    def _find(self, added: int, is_special: bool) -> int | None:
        """Where in the text the first stop begins that the last `added` characters have completed."""
        found = [] if is_special else [_find_last(self.text, stop, added) for stop in self._stops]
        if self._special:
            places = [_find_last(self._spelled, stop, added) for stop in self._stops]
            found += [None if place is None else self._place(place) for place in places]
        return min((place for place in found if place is not None), default=None)

    def _place(self, spelled: int) -> int:
        """The place in the text of one in the text with special tokens."""
        return spelled - sum(max(0, min(length, spelled - start)) for start, length in self._special)

    def _begun(self, text: str) -> int:
        """How many last characters of `text` begin a stop, at most."""
        most = min(self._longest - 1, len(text))
        return next((n for n in range(most, 0, -1) if any(stop.startswith(text[-n:]) for stop in self._stops)), 0)


def _find_last(text: str, stop: str, added: int) -> int | None:
    place = text.find(stop, max(0, len(text) - added - len(stop) + 1))
    return None if place < 0 else place
