"""The JSON envelope of every request: `inputs`, `parameters`, `options`, and parameters that stand at its root."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidRequest
from ..schema import Schema

FIELDS = frozenset({"inputs", "parameters", "options"})
MISSING = 'The field "inputs" is missing; send JSON such as {"inputs": ...}'


@dataclass(slots=True)
class Envelope:
    """What an envelope held; `params` join those of `parameters` and of the root, which win."""

    inputs: Any
    params: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


def opened(value: Mapping[str, Any], root: frozenset[str] = frozenset()) -> Envelope:
    """The parts of an envelope; `root` is the set of parameters that may stand beside `inputs`.

    Raises InvalidRequest that names the fields which are not known, or wrongly typed.
    """
    if "inputs" not in value:
        raise InvalidRequest(MISSING)
    if not value.keys() <= (FIELDS | root if root else FIELDS):
        unknown = sorted(value.keys() - FIELDS - root)
        names = ", ".join(repr(name[:64]) for name in unknown[:8])
        raise InvalidRequest(f"Unknown parameter {names}; known: {', '.join(sorted(FIELDS | root))}")
    params = _mapping(value, "parameters")
    if root:
        params = {**params, **{name: given for name, given in value.items() if name in root}}
    return Envelope(value["inputs"], params, _mapping(value, "options"))


def schema(inputs: Schema, params: Schema, root: bool = False) -> Schema:
    """The schema of an envelope; with `root`, parameters may stand beside `inputs` too."""
    options = {"type": ["object", "null"], "description": "use_cache, wait_for_model, use_gpu"}
    beside = params.get("properties", {}) if root else {}
    fields = {"inputs": inputs, "parameters": {"anyOf": [params, {"type": "null"}]}, "options": options, **beside}
    return {"type": "object", "properties": fields, "required": ["inputs"], "additionalProperties": False}


def _mapping(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise InvalidRequest(f'"{name}" must be a JSON object, such as {{"{name}": {{}}}}')
    return found
