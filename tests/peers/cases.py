"""The cases as they are read: a request, and what holds of its answer.

A case is an object of one of the JSON files beside this one. `seen` names the suite and the place; `tasks` those that
it is asked of; `send` is the request. What holds of the answer: `status` (200), `answer` (a JSON schema, or the name of
one of schemas.json), `media` (the medium of a binary answer), `headers` (patterns), `holds` (names of facts.py), and
`same` (a request that has the same answer). `refused` is a word of a 400 or 424 that is as good, from a model that
cannot do it. `differs` is why this server answers otherwise than the peer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from inference_common.samples import encoded, sample

from .pictures import picture

FOLDER = Path(__file__).parent
SCHEMAS = "schemas.json"


@dataclass(frozen=True)
class Ask:
    """A request: its body is JSON, plain text, a sample file, an image of pictures.py, or bytes."""

    path: str
    body: bytes
    headers: Mapping[str, str]
    query: Mapping[str, str]
    json: Any = None


@dataclass(frozen=True)
class Case:
    """A request and what holds of its answer; the fields are those of the file."""

    seen: str
    tasks: Sequence[str]
    send: Mapping[str, Any]
    status: int = 200
    answer: str | Mapping[str, Any] | None = None
    error: str = "error"
    media: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    holds: Sequence[str] = ()
    same: Mapping[str, Any] | None = None
    refused: str | None = None
    differs: str | None = None

    @property
    def schema(self) -> Mapping[str, Any]:
        """The JSON schema of the answer."""
        named = self.error if self.status >= 400 else self.answer or {}
        schema = {"$ref": f"#/$defs/{named}"} if isinstance(named, str) else named
        return {**schema, "$defs": schemas()}


@cache
def cases() -> Sequence[Case]:
    """All cases of all files. Raises TypeError for a field that no case has."""
    files = sorted(file for file in FOLDER.glob("*.json") if file.name != SCHEMAS)
    return [Case(**entry) for file in files for entry in json.loads(file.read_text(encoding="utf-8"))]


@cache
def schemas() -> Mapping[str, Any]:
    """The JSON schemas of answers by name."""
    found: dict[str, Any] = json.loads((FOLDER / SCHEMAS).read_text(encoding="utf-8"))
    return found


def ask(send: Mapping[str, Any]) -> Ask:
    """The request of a case. Its content type is `type`; where that is left out, JSON's of JSON, else none."""
    value = _with_samples(send["json"]) if "json" in send else None
    body, media_type = _body(send, value)
    media_type = send.get("type", media_type)
    typed = {} if media_type is None else {"content-type": media_type}
    return Ask(send.get("path", "/"), body, {**typed, **send.get("headers", {})}, send.get("query", {}), value)


def _body(send: Mapping[str, Any], value: Any) -> tuple[bytes, str | None]:
    if "json" in send:
        return json.dumps(value).encode(), "application/json"
    if "text" in send:
        return send["text"].encode(), None
    if "sample" in send:
        return sample(send["sample"]), None
    return (picture(send["image"]) if "image" in send else bytes.fromhex(send["hex"])), None


def _with_samples(value: Any) -> Any:
    """The value with each `{"$sample": FILE}` as that file in base64, after its `$prefix`; and each `{"$repeat": TEXT}`
    as that text `$times` over, between `$before` and `$after`."""
    if isinstance(value, list):
        return [_with_samples(part) for part in value]
    if isinstance(value, dict) and "$sample" in value:
        return value.get("$prefix", "") + encoded(value["$sample"])
    if isinstance(value, dict) and "$repeat" in value:
        return value.get("$before", "") + value["$repeat"] * value["$times"] + value.get("$after", "")
    return {name: _with_samples(part) for name, part in value.items()} if isinstance(value, dict) else value
