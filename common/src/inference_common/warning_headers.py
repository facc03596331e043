"""The header `x-warning`: what an answer leaves out of what was asked for, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

NAME = "x-warning"
MAX_INPUTS = 3  # of a request, that are told apart
MAX_CHARACTERS = 1000  # of a header; proxies take a few thousand for all of them


def cut_warnings(tokens: int, read: int, side: str = "first", what: str = "text") -> Sequence[str]:
    """The warning that of so many tokens only some are read: the first, or those of another `side`."""
    return [f"the {what} has {tokens:,} tokens, and its {side} {read:,} are read"] if tokens > read else ()


def warnings_of_inputs(by_input: Sequence[Sequence[str]]) -> Sequence[str]:
    """The warnings of a request's inputs as those of the whole; where it has several, each says which it is of."""
    if not any(by_input):
        return ()
    if len(by_input) == 1:
        return by_input[0]
    warned = [(place, found) for place, found in enumerate(by_input) if found]
    told = [f"input {place}: {warning}" for place, found in warned[:MAX_INPUTS] for warning in found]
    return [*told, f"{len(warned) - MAX_INPUTS:,} more inputs likewise"] if len(warned) > MAX_INPUTS else told


def warning_header(warnings: Sequence[str]) -> Mapping[str, str]:
    """The header that tells warnings, each once; none where there is none."""
    if not warnings:
        return {}
    return {NAME: "; ".join(dict.fromkeys(warnings)).encode("ascii", "replace").decode()[:MAX_CHARACTERS]}
