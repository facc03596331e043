"""The official schemas of answers, from the `src/tasks` folder of @huggingface/tasks.

They are not the wire everywhere; `patched` and LISTED say where.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jsonschema import Draft6Validator
from referencing import Registry
from referencing.jsonschema import DRAFT6

NUMBERS = {"type": "array", "items": {"type": "number"}}
SCORED = {"type": "object", "properties": {"index": {"type": "integer", "minimum": 0}, "score": {"type": "number"}}}
VECTORS = {"type": "array", "items": {"anyOf": [NUMBERS, {"type": "array", "items": NUMBERS}]}}
MASK = {"type": "object", "properties": {"mask": {"type": "string"}, "score": {"type": "number"}}}
LABEL = {"type": "object", "properties": {"label": {"type": "string"}, "score": {"type": "number"}}}
SOUND = {"type": "object", "properties": {name: {"type": "string"} for name in ("label", "blob", "content-type")}}
SPAN = {"class": {"type": "string"}, "start": {"type": "number", "minimum": 0}, "end": {"type": "number"}}
# The package has no schema of these.
UNSPECIFIED = {
    "audio-to-audio": {"type": "array", "items": {**SOUND, "required": ["label", "blob", "content-type"]}},
    "image-feature-extraction": VECTORS,
    "mask-generation": {"type": "array", "items": {**MASK, "required": ["mask", "score"]}},
    "speech-segmentation": {
        "type": "array",
        "items": {"type": "object", "properties": SPAN, "required": [*SPAN], "additionalProperties": False},
    },
    "tabular-classification": {"type": "array", "items": {"type": ["string", "number", "boolean"]}},
    "tabular-regression": NUMBERS,
    "text-ranking": {
        "type": "array",
        "items": {**SCORED, "required": ["index", "score"], "additionalProperties": False},
    },
    "zero-shot-audio-classification": {
        "type": "array",
        "items": {**LABEL, "required": ["label", "score"], "additionalProperties": False},
    },
}
# Whose answer to one input is a list of that one answer.
LISTED = {"image-to-text", "summarization", "text-classification", "text-generation", "translation"}
# Whose one answer to an input stands alone, where the schema has a list of it.
ALONE = {"question-answering", "table-question-answering"}
# Old tasks that the package does not know any more.
UNDESCRIBED = {"conversational", "text2text-generation"}
# Whose answers are those of another task.
SAME_AS = {
    "audio-source-separation": "audio-to-audio",
    "image-text-to-text": "chat-completion",
    "voice-activity-detection": "speech-segmentation",
}
MISNAMED = {"tokenStr": "token_str", "generatedText": "generated_text"}
# A begin and an end, which is null where it was not heard; the package bounds it by lengths, which are for strings.
TIMESTAMP = {"type": "array", "items": {"type": ["number", "null"]}, "minItems": 2, "maxItems": 2}


def patched(schema: Any) -> Any:
    """OpenAPI's `nullable`, which JSON Schema ignores, as a type; and required keys by the names on the wire."""
    if isinstance(schema, list):
        return [patched(part) for part in schema]
    if not isinstance(schema, dict):
        return MISNAMED.get(schema, schema) if isinstance(schema, str) else schema
    if "timestamp" in schema:
        return {**patched({name: part for name, part in schema.items() if name != "timestamp"}), "timestamp": TIMESTAMP}
    inner = {name: patched(part) for name, part in schema.items() if name != "nullable"}
    return {"anyOf": [inner, {"type": "null"}]} if schema.get("nullable") is True else inner


def output(tasks: Path, task: str, many: bool) -> Any:
    """The schema of an answer; a list of inputs gets a list of them."""
    if task == "feature-extraction":
        # One text gets one embedding, as every client reads it, or one a token.
        embedding = {"anyOf": [NUMBERS, {"type": "array", "items": {"type": "array", "items": NUMBERS}}]}
        return {"type": "array", "items": embedding} if many else embedding
    if task in UNDESCRIBED:
        return {}
    named = SAME_AS.get(task, task)
    file = tasks / named / "spec" / "output.json"
    one = patched(json.loads(file.read_text())) if file.is_file() else UNSPECIFIED[named]
    return {"type": "array", "items": one} if many or task in LISTED else one


def registry(tasks: Path) -> Registry[Any]:
    """Every schema under its own id, which others refer to."""
    found = [json.loads(file.read_text()) for file in (tasks / "common-definitions.json", *tasks.glob("*/spec/*.json"))]
    return Registry().with_resources((s["$id"], DRAFT6.create_resource(patched(s))) for s in found if "$id" in s)


def objections(tasks: Path, task: str, answers: Iterable[tuple[object, bool]]) -> list[str]:
    """What the schemas object to, in (answer, whether its request was a list) of one task."""
    known, wrong = registry(tasks), []
    for answer, many in answers:
        told = in_lists(answer, many) if task in ALONE else answer
        validator = Draft6Validator(output(tasks, task, many), registry=known)
        wrong += [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(told)]
    return wrong


def in_lists(answer: Any, many: bool) -> Any:
    """An answer that stands alone in the list that its schema has."""
    if many:
        return [in_lists(one, False) for one in answer]
    return answer if isinstance(answer, list) else [answer]
