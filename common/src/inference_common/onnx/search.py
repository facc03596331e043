"""Search: how `network_file` may look for an ONNX file while a pipeline is made, and what it found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from .process import ExportProcess


@dataclass
class Search:
    """`process` runs what exports and verifies. `pipeline` is the `module:name` of the Pipeline that a file is for,
    whose whole answers it also compares. With `compares`, answers are compared after it too, and until `store.confirm`
    no later start loads the file without that. `file` is one to take as it is.

    Found: `has_form`, whether the model has an ONNX form at all; `is_pending`, whether a file is still to be exported
    or verified; `mark`, the file that holds the last verdict; `reason`, why there is no such form, why no file is
    taken, or why one is taken without verification.
    """

    process: ExportProcess = field(default_factory=ExportProcess)
    pipeline: str | None = None
    compares: bool = False
    file: Path | None = None
    has_form: bool = False
    is_pending: bool = False
    mark: Path | None = None
    reason: str = ""


_current: ContextVar[Search | None] = ContextVar("search", default=None)


def current() -> Search:
    """The search that `searching` began; outside of it, a new one."""
    return _current.get() or Search()


@contextmanager
def searching(search: Search) -> Iterator[Search]:
    """Make `current` return this one inside."""
    token = _current.set(search)
    try:
        yield search
    finally:
        _current.reset(token)
