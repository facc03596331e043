"""The message about an unknown name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def unknown(kind: str, name: str, known: Sequence[str]) -> str:
    """The message that a name does not exist, with the nearest names and all known ones."""
    nearest = difflib.get_close_matches(name, known, n=2)
    meant = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
    return f"There is no {kind} {name!r}.{meant} There are: {', '.join(known)}"
