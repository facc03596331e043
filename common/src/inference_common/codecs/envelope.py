"""The JSON envelope of every request: `inputs`, `parameters`, `options`, and parameters that stand at its root."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidRequest
from ..schema import Schema
from . import json

FIELDS = frozenset({"inputs", "parameters", "options"})
UNUSED = frozenset({"model"})
"""Fields that some clients send beside them, and that say nothing: the address names the model."""
KNOWN = FIELDS | UNUSED
MISSING = 'The field "inputs" is missing; send JSON such as {"inputs": ...}'


@dataclass(slots=True)
class Envelope:
    """What an envelope held; `params` join those of `parameters` and of the root, which win."""

    inputs: Any
    params: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


def opened(value: Mapping[str, Any], root: frozenset[str] = frozenset(), *, required: bool = True) -> Envelope:
    """The parts of an envelope; `root` is the set of parameters that may stand beside `inputs`. null means left out.

    Raises InvalidRequest that names the fields which are not known, or wrongly typed, and without `inputs` where they
    are `required`.
    """
    given = json.without_nulls(value, nested=False)
    if required and "inputs" not in given:
        raise InvalidRequest(MISSING)
    if not given.keys() <= (KNOWN | root if root else KNOWN):
        unknown = sorted(given.keys() - KNOWN - root)
        names = ", ".join(repr(name[:64]) for name in unknown[:8])
        raise InvalidRequest(f"Unknown parameter {names}; known: {', '.join(sorted(FIELDS | root))}")
    params = json.without_nulls(_mapping(given, "parameters"))
    if root:
        params = {**params, **{name: part for name, part in given.items() if name in root}}
    inputs = given.get("inputs")
    if isinstance(inputs, dict):
        inputs = json.without_nulls(inputs, nested=False)
    return Envelope(inputs, params, _mapping(given, "options"))


def enveloped(value: Mapping[str, Any], bare: frozenset[str]) -> Mapping[str, Any]:
    """An envelope whose inputs stand at its root, as those that have all the `bare` fields do, with them as `inputs`;
    any other as it is."""
    given = json.without_nulls(value, nested=False)
    if not bare or not given.keys() >= bare:
        return value
    beside = {name: part for name, part in given.items() if name in KNOWN}
    return {**beside, "inputs": {name: part for name, part in given.items() if name not in beside}}


def schema(inputs: Schema, params: Schema, root: frozenset[str] = frozenset()) -> Schema:
    """The schema of an envelope; the parameters of `root` may stand beside `inputs` too."""
    options = {"type": ["object", "null"], "description": "use_cache, wait_for_model, use_gpu"}
    beside = {name: part for name, part in params.get("properties", {}).items() if name in root}
    unused = {name: {"type": ["string", "null"], "description": "not used"} for name in sorted(UNUSED)}
    nullable = {"anyOf": [params, {"type": "null"}]}
    fields = {"inputs": inputs, "parameters": nullable, "options": options, **unused, **beside}
    return {"type": "object", "properties": fields, "required": ["inputs"], "additionalProperties": False}


def _mapping(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise InvalidRequest(f'"{name}" must be a JSON object, such as {{"{name}": {{}}}}')
    return found
