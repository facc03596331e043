"""Client: who asks, where that decides the shape of the answer."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

Version = tuple[int, ...]
_AGENTS = re.compile(r"(hf_hub|@huggingface/inference)/(\d+(?:\.\d+)*)")


@dataclass(slots=True)
class Client:
    """The caller's official client, if it is one, and the media types it accepts.

    `python` is the version of huggingface_hub, `javascript` that of @huggingface/inference; at most one is set. No
    single shape of an answer is read by all of them; whoever is neither gets what the current Python client reads.
    """

    python: Version | None = None
    javascript: Version | None = None
    accept: str = "*/*"

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Client:
        """From request headers with lower-case names (`user-agent`, `accept`)."""
        versions = _versions(headers.get("user-agent", "")[:500])
        return cls(versions.get("hf_hub"), versions.get("@huggingface/inference"), headers.get("accept", "*/*"))

    def older_than(self, *version: int) -> bool:
        """Whether it is huggingface_hub of an older version than this one."""
        return self.python is not None and self.python < version

    def javascript_older_than(self, *version: int) -> bool:
        """Whether it is @huggingface/inference of an older version than this one; before 3.1 it does not say."""
        return self.javascript is not None and self.javascript < version


@functools.lru_cache(maxsize=256)  # callers are few kinds, and ask often
def _versions(agent: str) -> Mapping[str, Version]:
    return {name: tuple(map(int, number.split("."))) for name, number in _AGENTS.findall(agent)}
