"""Messages about a name that is not known, with the names that come nearest."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def unknown(kind: str, name: str, known: Sequence[str]) -> str:
    """The message that there is no such name, what was probably meant, and all that there are."""
    nearest = difflib.get_close_matches(name, known, n=2)
    meant = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
    return f"There is no {kind} {name!r}.{meant} There are: {', '.join(known)}"
