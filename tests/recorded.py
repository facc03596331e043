"""What releases of the official clients send, as scripts/record_clients.py recorded it, and which answers they read."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inference_common.samples import sample

from scripts.clients.records import USUAL
from scripts.images import ROOT

RECORDED = ROOT / "tests" / "clients" / "recorded"
ANSWERS = ROOT / "tests" / "clients" / "answers.json"
SAMPLES = ("audio.flac", "document.png", "image.jpg")
NOT_ALWAYS = frozenset({
    "best_of_sequences", "details", "end", "logprobs", "prefill", "seed", "start", "usage", "warnings",
})  # fmt: skip
"""Fields of the answers that clients read which an answer holds, not null, only where they were asked for."""
WHERE_ASKED_FOR = frozenset({"chunks", "top_tokens"})
"""Fields that only those get who ask for them, and so know them."""
MISSING = object()  # no answer is alike


@dataclass(frozen=True)
class Recorded:
    """One request: `agents` are the user agents of the releases that the ranges of those that send it begin and end
    with, `given` is its JSON (None: the body is a sample), `reads` are the names of the answers that they read."""

    client: str
    releases: str
    method: str
    agents: frozenset[str]
    verb: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    given: Any
    reads: tuple[str, ...]
    streams: bool

    def parameters(self) -> dict[str, Any]:
        """What the JSON holds beside the inputs, wherever it stands, and is not null."""
        if not isinstance(self.given, dict):
            return {}
        found = {**self.given, **(self.given.get("parameters") or {})}
        inside = (value for value in list(found.values()) if isinstance(value, dict))
        found |= {name: value for part in inside for name, value in part.items()}
        return {name: value for name, value in found.items() if value is not None}

    def __str__(self) -> str:
        return f"{self.client} {self.releases} {self.method} {self.verb} {self.path} {json.dumps(self.given)[:500]}"


@functools.cache
def recorded(task: str) -> tuple[Recorded, ...]:
    """All requests of a task, of every client; none of one that no client has."""
    return tuple(_recorded(task))


def tasks() -> list[str]:
    """The tasks that any client has a method for."""
    return sorted({path.stem for path in RECORDED.glob("*/*.json")})


def answers(task: str, name: str) -> Mapping[str, Any]:
    """The answer of that name that clients were given for a task."""
    found: Mapping[str, Any] = _answers()[task][name]
    return found


def alike(answer: Any, read: Any) -> bool:
    """Whether an answer is built as one that is read: the same fields, lists of what is alike, values of one type."""
    if read is None:
        return True
    if isinstance(read, dict):
        if not isinstance(answer, dict) or not read.keys() - NOT_ALWAYS <= answer.keys():
            return False
        there = {name: part for name, part in answer.items() if part is not None or name not in NOT_ALWAYS}
        return all(name in WHERE_ASKED_FOR or alike(part, read.get(name, MISSING)) for name, part in there.items())
    if isinstance(read, list):
        return isinstance(answer, list) and (not read or all(alike(part, read[0]) for part in answer))
    if isinstance(read, float | int) and not isinstance(read, bool):
        return isinstance(answer, float | int) and not isinstance(answer, bool)
    return isinstance(answer, type(read))


def _recorded(task: str) -> Iterator[Recorded]:
    agents = json.loads((RECORDED / "agents.json").read_text(encoding="utf-8"))
    for file in sorted(RECORDED.glob(f"*/{task}.json")):
        client = file.parent.name
        for entry in json.loads(file.read_text(encoding="utf-8")):
            ends = {end for part in entry["releases"].split() for end in part.split("-")}
            yield Recorded(
                client,
                entry["releases"],
                entry["method"],
                frozenset(agents[client][end] for end in ends),
                entry.get("verb", "POST"),
                entry.get("path", "/"),
                entry.get("headers", USUAL),
                _body(entry),
                entry.get("json"),
                tuple(entry["reads"]),
                any("events" in name for name in entry["reads"]),
            )


def _body(entry: Mapping[str, Any]) -> bytes:
    if "sample" in entry:
        return sample(entry["sample"])
    if "json" not in entry:
        return b""
    text = json.dumps(entry["json"])
    for name in SAMPLES:
        text = text.replace(f"$base64 {name}", base64.b64encode(sample(name)).decode())
    return text.encode()


@functools.cache
def _answers() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = json.loads(ANSWERS.read_text(encoding="utf-8"))["answers"]
    return found
