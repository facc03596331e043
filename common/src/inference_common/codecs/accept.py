"""Which media type a caller wants of those that can be made: RFC 9110 section 12.5.1."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InvalidRequest


def chosen(accept: str, offered: Sequence[str]) -> str:
    """The offered media type that `accept` prefers; the first offered where it has no preference.

    `application/json` counts as no preference: clients send it by habit whatever they ask for.
    Raises InvalidRequest that lists what is offered.
    """
    wanted = [(_quality(part), part.partition(";")[0].strip().lower()) for part in accept.split(",")]
    wanted = [(quality, media) for quality, media in wanted if quality > 0 and media]
    for _, media in sorted(wanted, key=lambda pair: -pair[0]):
        if media in ("*/*", "application/json"):
            return offered[0]
        for one in offered:
            if one == media or (media.endswith("/*") and one.startswith(media[:-1])):
                return one
    if not wanted:
        return offered[0]
    raise InvalidRequest(f"accept: {accept[:100]} cannot be answered; ask for one of: {', '.join(offered)}")


def _quality(part: str) -> float:
    for parameter in part.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
