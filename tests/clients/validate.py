"""Validates {tasks, task, answers: [[answer, many]]} against the official schemas; writes what is wrong as a list.

`tasks` is the `src/tasks` folder of @huggingface/tasks. Its schemas are not the wire everywhere; `patched` says where.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from jsonschema import Draft6Validator  # type: ignore[import-untyped]
from referencing import Registry  # type: ignore[import-not-found]
from referencing.jsonschema import DRAFT6  # type: ignore[import-not-found]

NUMBERS = {"type": "array", "items": {"type": "number"}}
SCORED = {"type": "object", "properties": {"index": {"type": "integer", "minimum": 0}, "score": {"type": "number"}}}
# The package has no schema of this one.
RANKING = {"type": "array", "items": {**SCORED, "required": ["index", "score"], "additionalProperties": False}}
# Whose answer to one input is a list of that one answer.
LISTED = {"text-classification"}
MISNAMED = {"tokenStr": "token_str", "generatedText": "generated_text"}


def patched(schema: Any) -> Any:
    """OpenAPI's `nullable`, which JSON Schema ignores, as a type; and required keys by the names on the wire."""
    if isinstance(schema, list):
        return [patched(part) for part in schema]
    if not isinstance(schema, dict):
        return MISNAMED.get(schema, schema) if isinstance(schema, str) else schema
    inner = {name: patched(part) for name, part in schema.items() if name != "nullable"}
    return {"anyOf": [inner, {"type": "null"}]} if schema.get("nullable") is True else inner


def output(tasks: Path, task: str, many: bool) -> Any:
    """The schema of an answer; a list of inputs gets a list of them."""
    if task == "feature-extraction":
        rows = json.loads((tasks / task / "spec" / "output.json").read_text())
        return rows if many else NUMBERS  # one text gets one embedding, as every client reads it
    file = tasks / task / "spec" / "output.json"
    one = patched(json.loads(file.read_text())) if file.is_file() else RANKING
    return {"type": "array", "items": one} if many or task in LISTED else one


def registry(tasks: Path) -> Registry:
    """Every schema under its own id, which others refer to."""
    found = [json.loads(file.read_text()) for file in (tasks / "common-definitions.json", *tasks.glob("*/spec/*.json"))]
    return Registry().with_resources((s["$id"], DRAFT6.create_resource(patched(s))) for s in found if "$id" in s)


asked = json.load(sys.stdin)
folder, wrong = Path(asked["tasks"]), []
known = registry(folder)
for answer, many in asked["answers"]:
    validator = Draft6Validator(output(folder, asked["task"], many), registry=known)
    wrong += [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(answer)]
json.dump(wrong, sys.stdout)
