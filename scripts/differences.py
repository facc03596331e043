"""What differs on purpose between our answers and a library's own, as a table of the rows that the comparison reads."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from .images import ROOT

FILE = ROOT / "tests" / "comparison" / "differences.toml"


def table() -> list[str]:
    """The lines of the table, in Markdown."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["difference"]
    lines = [f"| `{row['library']}` | {_tasks(row)} | {_what(row)} | {row['reason']} |" for row in rows]
    return ["| library | task | what differs | why |", "|---|---|---|---|", *lines]


def _tasks(row: Mapping[str, Any]) -> str:
    models = f" ({', '.join(row['models'])})" if "models" in row else ""
    return f"{', '.join(row['tasks'])}{models}"


def _what(row: Mapping[str, Any]) -> str:
    """What we do, in a few words."""
    if row["kind"] == "refused":
        return "every parameter is refused" if row["parameters"] == ["*"] else f"refused: {_code(row['parameters'])}"
    if row["kind"] == "inputs":
        return "how a file is read"
    if row["kind"] == "mended":
        return f"works: {_code(row['parameters'])}"
    if row["kind"] == "ignored":
        return f"no counterpart: {_code(row['parameters'])}"
    if row["kind"] == "default":
        told = [f"{name}={_python(value)}" for name, value in row["keywords"].items()]
        return f"where not sent: {_code(told)}"
    if row["kind"] == "level":
        return "the loudness of sounds"
    return f"{row['kind']} {_code(row['keys'])}"


def _python(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name!r}: {_python(inner)}" for name, inner in value.items()) + "}"
    return "None" if value == "none" else repr(value)


def _code(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
