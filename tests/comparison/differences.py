"""What differs on purpose between our answers and the library's own: the rows of differences.toml, which
docs/differences.md tells people."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from .cases import Case

FILE = Path(__file__).with_name("differences.toml")
Kind = Literal["refused", "ignored", "mended", "inputs", "default", "adds", "leaves out", "level"]


@dataclass(frozen=True)
class Difference:
    """One row.

    `refused`: a request with one of the `parameters` (patterns) gets a 400. `ignored`: the library is called without
    `parameters`, which change nothing of what is compared. `mended`: the library has `parameters`, and fails on them.
    `default`: where the caller does not say, it is given `keywords` ("none" is None). `adds`, `leaves out`: the `keys`
    of an answer. `level`: sounds are compared as parts of their loudest sample. `inputs`: the library is given what the
    reference (reference/pictures.py) makes of a file.
    """

    library: str
    tasks: Sequence[str]
    kind: Kind
    reason: str
    models: Sequence[str] = ("*",)
    parameters: Sequence[str] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)
    keys: Sequence[str] = ()

    def of(self, case: Case) -> bool:
        """Whether a case is of its library, task and model."""
        models = any(fnmatch.fnmatchcase(case.model, pattern) for pattern in self.models)
        return case.library == self.library and case.task in self.tasks and models


@cache
def differences() -> Sequence[Difference]:
    """All rows, in the file's order."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["difference"]
    return [Difference(**row) for row in rows]


def of_kind(case: Case, kind: Kind) -> list[Difference]:
    """The rows of one kind that a case has."""
    return [row for row in differences() if row.kind == kind and row.of(case)]


def refusals(case: Case) -> list[str]:
    """The names by one of which a server refuses the case, if it does: those of its parameters."""
    patterns = [pattern for row in of_kind(case, "refused") for pattern in row.parameters]
    if not any(fnmatch.fnmatchcase(name, pattern) for name in case.about for pattern in patterns):
        return []
    inner = [name for value in case.parameters.values() if isinstance(value, dict) for name in value]
    return [*case.parameters, *inner]


def told(case: Case) -> dict[str, Any]:
    """The parameters of a case that the library's call is given."""
    left_out = {name for row in of_kind(case, "ignored") for name in row.parameters}
    return {name: value for name, value in case.parameters.items() if name not in left_out}


def keywords(case: Case) -> dict[str, Any]:
    """What the library's call is given where the case does not say."""
    found: dict[str, Any] = {}
    for row in of_kind(case, "default"):
        found |= {name: None if value == "none" else value for name, value in row.keywords.items()}
    return found


def keys(case: Case, kind: Literal["adds", "leaves out"]) -> frozenset[str]:
    """The keys that an answer has more, or less, than the library's."""
    return frozenset(key for row in of_kind(case, kind) for key in row.keys)
