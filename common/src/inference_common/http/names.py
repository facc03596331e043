"""The settings ALLOWED_HOSTS and CORS_ORIGINS: lists with commas."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

ANY = "*"
_HOST = re.compile(r"\*|(\*\.)?[a-z0-9:\[\]_-][a-z0-9.:\[\]_-]*")


def hosts(setting: str) -> Sequence[str]:
    """Host names, and `*.` with one for all below it; none where any is allowed. Raises ValueError."""
    items = _items(setting)
    for item in items:
        if not _HOST.fullmatch(item):
            raise ValueError(f"{item!r} is neither a host name, nor *. and one")
    return () if ANY in items else items


def origins(setting: str) -> Sequence[str]:
    """Origins as browsers send them; `*` alone where any is allowed. Raises ValueError."""
    items = _items(setting)
    for item in items:
        url = urlsplit(item)
        if item not in {ANY, "null"} and (not url.netloc or item != f"{url.scheme}://{url.netloc}"):
            raise ValueError(f"{item!r} is no origin: one is a scheme and a host, as https://a.org, without a path")
    return [ANY] if ANY in items else items


def _items(setting: str) -> list[str]:
    return [item.strip().lower() for item in setting.split(",") if item.strip()]
