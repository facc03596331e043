"""JSON schemas of Python types, gathered so that one document can refer to them."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

Schema = dict[str, Any]
_REFERENCE = "#/components/schemas/{model}"


class Schemas:
    """Makes schemas; the named parts of each gather in `components`, for its references to point at."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def of(self, kind: Any, mode: JsonSchemaMode = "validation") -> Schema:
        """The schema of a type, or of a TypeAdapter."""
        adapter = kind if isinstance(kind, TypeAdapter) else TypeAdapter(kind)
        schema = adapter.json_schema(ref_template=_REFERENCE, mode=mode)
        self.components.update(schema.pop("$defs", {}))
        return schema


def one_or_many(schema: Schema) -> Schema:
    """A value, or a list of such values."""
    return {"anyOf": [schema, {"type": "array", "items": schema, "minItems": 1}]}
