"""Records of checks that passed, kept in the cache by the digest of their inputs and shared by every clone."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

MAX_RECORDS = 50
"""Records kept for each check; the oldest are removed."""


@dataclass(frozen=True)
class Record:
    """A pass: when (seconds since 1970), at which commit, `tests` that passed, and the seconds that the tests and what
    they needed first took. `own` is the digest of the library's own inputs."""

    digest: str
    own: str
    when: float
    commit: str
    tests: int
    seconds: float
    preparation_seconds: float


class Records:
    """The records in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def empty(self) -> bool:
        """Whether nothing ever passed on this machine."""
        return next(self._folder.glob("*/*.json"), None) is None

    def find(self, check: str, digest: str) -> Record | None:
        """The pass of a check with these inputs."""
        return _read(self._of(check) / f"{digest}.json")

    def last(self, check: str) -> Record | None:
        """The newest pass of a check, with any inputs."""
        return max(self._all(check), key=lambda record: record.when, default=None)

    def add(self, check: str, record: Record) -> None:
        """Keep a pass, whole or not at all, and remove those that are too many."""
        folder = self._of(check)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".part", delete=False) as file:
            json.dump(asdict(record), file)
        os.replace(file.name, folder / f"{record.digest}.json")
        newest_first = sorted(self._all(check), key=lambda one: -one.when)
        for old in newest_first[MAX_RECORDS:]:
            (folder / f"{old.digest}.json").unlink(missing_ok=True)

    def _of(self, check: str) -> Path:
        return self._folder / check.replace(", ", "-").replace(" ", "-")

    def _all(self, check: str) -> Iterator[Record]:
        for file in self._of(check).glob("*.json"):
            record = _read(file)
            if record is not None:
                yield record


def _read(file: Path) -> Record | None:
    """A record, or None where there is none that this release can read."""
    try:
        return Record(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
