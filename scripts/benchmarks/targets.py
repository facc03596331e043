"""Targets: what is measured, as values; how each is started, asked and paused is in running.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """A program, where it runs, and what is added to its environment."""

    arguments: Sequence[str | Path]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Load:
    """`clients` that each wait for their answer before they ask again; or, with `rate`, requests per second that come
    by chance, whatever became of those before. A worker goes by the name alone."""

    name: str
    clients: int = 1
    rate: float | None = None


def clients(*counts: int) -> list[Load]:
    """Loads of so many clients each."""
    return [Load(f"{count} client{'s' * (count > 1)}", count) for count in counts]


@dataclass(frozen=True)
class Server:
    """A server process. `start` gives its command for a port; `ready` is a path that answers 200 once it serves;
    `answer` leads from the JSON of an answer to the vector in it, where there is one to compare. With `compute_type`,
    it is measured once its answers have that in the header `x-compute-type`. `tokens` is how many each streamed answer
    has (0: its answers are not streams)."""

    name: str
    start: Callable[[int], Command]
    bodies: Callable[[], Sequence[bytes]]
    path: str = "/"
    content_type: str = "application/json"
    ready: str = "/ready"
    answer: Sequence[str | int] | None = None
    compute_type: str | None = None
    tokens: int = 0


@dataclass(frozen=True)
class Worker:
    """A process without a server, fed the same bodies from a file, whose path `start` is given."""

    name: str
    start: Callable[[Path], Command]
    bodies: Callable[[], Sequence[bytes]]


Target = Server | Worker
