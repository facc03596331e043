"""JSON in and out: the envelope every task shares (`inputs`, `parameters`, `options`), and plain values as answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from ..errors import ErrorDetail, InvalidRequest

T = TypeVar("T")


def parse(body: bytes) -> Any:
    """Parse one JSON document. Raises InvalidRequest that says where it breaks."""
    if not body.strip():
        raise InvalidRequest('The request body is empty; send JSON such as {"inputs": ...}')
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(
            f"The request body is not valid JSON: {error.msg} at line {error.lineno} column {error.colno}"
            " (NaN and Infinity are not JSON; text must be UTF-8)"
        ) from None


def validate(adapter: TypeAdapter[T], value: object, at: str) -> T:
    """Check `value` against a schema. Raises InvalidRequest with each finding."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise _invalid(error, at) from None


def validate_params(schema: type[T], raw: Mapping[str, Any], known: Sequence[str]) -> T:
    """Check raw parameters; unknown names are told together with the known ones. Raises InvalidRequest."""
    unknown = sorted(set(raw) - set(known))
    if unknown:
        takes = f"known parameters: {', '.join(sorted(known))}" if known else "this task takes none"
        names = ", ".join(repr(name[:64]) for name in unknown[:8])
        raise InvalidRequest(f"Unknown parameter {names}; {takes}")
    return validate(TypeAdapter(schema), dict(raw), "parameters")


def _invalid(error: ValidationError, at: str) -> InvalidRequest:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    details = [ErrorDetail(e["msg"], ".".join([at, *(str(part) for part in e["loc"])])) for e in found[:8]]
    first = details[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return InvalidRequest(f"Invalid value at {first.loc}: {first.message}{more}", details=details)


class JsonOutput:
    """Outputs as JSON. Floats that JSON cannot hold (NaN, infinities) become null."""

    def encode(self, outputs: Sequence[object], *, many: bool) -> tuple[bytes, str]:
        value = list(outputs) if many else outputs[0]
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY), "application/json"
