"""Labels of a caller's own: so many at a time, whatever the number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

AT_ONCE = 64
"""Labels that a network reads in one call, which bounds its memory and lets other callers' calls come in between."""


def parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Texts in their order, as many as go together."""
    return (texts[start : start + AT_ONCE] for start in range(0, len(texts), AT_ONCE))
