"""JSON in and out: the envelope every task shares (`inputs`, `parameters`, `options`), and plain values as answers."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from .. import account
from ..client import Client
from ..errors import ErrorDetail, InvalidRequest, TooLarge
from ..schema import Schema, Schemas
from ..task import Encoded, Limits, Out_contra, Payload
from . import content

SMALL_BYTES = 65_536  # of a body: up to it, its values are too few to be counted
COUNTED_BYTES = 2**20  # that are counted at a time: counting takes an array of as many bytes
NARROW_COPIES, WIDE_COPIES = 2, 5  # of a body's bytes, in memory once it is parsed: of ASCII alone, and of other text
VALUE_BYTES, CONTAINER_BYTES = 128, 64  # and for each value, and each list or object more; all as measured, at most
NUMBER_BYTES = 4 + 12  # of a number of an answer: as float32, and as JSON
MANY_NUMBERS = 65_536  # in an answer, past which their memory is held
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


def parse(body: bytes, limits: Limits, *, values: int | None = None) -> Any:
    """Parse one JSON document of at most so many values (by default `limits.values`); the memory that it takes is held
    for the current request before.

    Raises InvalidRequest that says where it breaks, TooLarge (413), Overloaded (429).
    """
    body = content.utf8(body)
    if len(body) > SMALL_BYTES:
        _hold(body, limits.characters + (values or limits.values))
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if not body.strip():
            raise InvalidRequest('The request body is empty; send JSON such as {"inputs": ...}') from None
        raise InvalidRequest(
            f"The request body is not valid JSON: {error.msg} at line {error.lineno} column {error.colno}"
            " (NaN and Infinity are not JSON; text must be UTF-8)"
        ) from None
    if len(body) > SMALL_BYTES:
        _at_most(values or limits.values, parsed)
    return parsed


def parse_payload(payload: Payload, limits: Limits, *, values: int | None = None) -> Any:
    """`parse` for the body of a task that takes nothing but JSON, in the charset that its content type names.

    Raises as `parse`, and UnsupportedMedia for what is of another type and does not begin as JSON does either.
    """
    if payload.content_type == "application/json":
        return parse(payload.body, limits, values=values)
    media = content.media_type(payload.content_type)
    body = content.utf8(payload.body, payload.content_type)
    begins_as_json = body.lstrip()[:1] in (b"{", b"[", b'"', b"")
    is_untyped = media in content.TEXTS and not content.is_form(body, media)
    if not (begins_as_json or is_untyped or content.is_json_type(media)):
        raise content.refuse(media, "send JSON, with the header content-type: application/json")
    return parse(body, limits, values=values)


def _hold(body: bytes, most: int) -> None:
    """Hold the memory of a document before it is parsed, by the characters that separate and begin values: in texts
    there are more of them, so that `most` is of values and of characters of text together."""
    values = openers = 0
    characters = np.frombuffer(body, np.uint8)
    for start in range(0, len(characters), COUNTED_BYTES):
        part = characters[start : start + COUNTED_BYTES]
        opened = int(np.count_nonzero(part == ord("["))) + int(np.count_nonzero(part == ord("{")))
        openers += opened
        values += opened + int(np.count_nonzero(part == ord(",")))
        if values > most:
            raise TooLarge(f"The JSON holds more than {most:,} values or characters; send it in parts")
    is_narrow = body.isascii() and b"\\u" not in body  # else one character may make all of a text's take 4 bytes each
    copies = NARROW_COPIES if is_narrow else WIDE_COPIES
    account.take(copies * len(body) + VALUE_BYTES * values + CONTAINER_BYTES * openers)


def _at_most(most: int, value: Any) -> None:
    """Refuse a value that holds more than so many, before each is looked at and told of."""
    count, containers = 1, [value]
    while containers:
        value = containers.pop()
        if isinstance(value, dict):
            count += len(value)
            containers += [part for part in value.values() if isinstance(part, dict | list)]
        elif isinstance(value, list):
            count += len(value)
            containers += [part for part in value if isinstance(part, dict | list)]
        if count > most:
            raise TooLarge(f"The JSON holds more than {most:,} values; send it in parts")


def of_query(text: str) -> Any:
    """A value of a query: JSON where it reads as JSON (`true`, `4`), a string otherwise."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def without_nulls(value: Mapping[str, Any], *, nested: bool = True) -> dict[str, Any]:
    """The fields of an object that are not null, which means left out; without `nested`, objects in it are kept as they
    are."""
    return {
        name: without_nulls(part) if nested and isinstance(part, dict) else part
        for name, part in value.items()
        if part is not None
    }


def validate(adapter: TypeAdapter[T], value: object, at: str) -> T:
    """Check `value` against a schema. Raises InvalidRequest with each finding."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise _invalid(error, at) from None


def validate_body(adapter: TypeAdapter[T], body: bytes, limits: Limits) -> T:
    """Check the JSON of a body against a schema; null means left out. Raises as `parse` and `validate`."""
    value = parse(body, limits)
    return validate(adapter, without_nulls(value, nested=False) if isinstance(value, dict) else value, "body")


def validate_params(schema: type[M], raw: Mapping[str, Any]) -> M:
    """Check raw parameters; unknown names are told together with the known ones. Raises InvalidRequest."""
    if not raw:
        plain: M = _defaults(schema)
        return plain
    known = schema.model_fields
    if not raw.keys() <= known.keys():
        unknown = sorted(raw.keys() - known.keys())
        takes = f"known parameters: {', '.join(sorted(known))}" if known else "this task takes none"
        names = ", ".join(repr(name[:64]) for name in unknown[:8])
        raise InvalidRequest(f"Unknown parameter {names}; {takes}")
    return _validated(schema, raw)


@functools.cache
def _defaults(schema: type[M]) -> M:
    return _validated(schema, {})


def _validated(schema: type[M], raw: Mapping[str, Any]) -> M:
    try:
        return schema.model_validate(dict(raw))
    except ValidationError as error:
        raise _invalid(error, "parameters") from None


def _invalid(error: ValidationError, at: str) -> InvalidRequest:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    details = [ErrorDetail(e["msg"], ".".join([at, *(str(part) for part in e["loc"])])) for e in found[:8]]
    first = details[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return InvalidRequest(f"Invalid value at {first.loc}: {first.message}{more}", details=details)


def _as_it_is(output: Any, client: Client) -> Any:
    return output


def _never(client: Client) -> bool:
    return False


@dataclass(frozen=True)
class JsonOutput(Generic[Out_contra]):
    """Outputs as JSON. Floats that JSON cannot hold (NaN, infinities) become null, and the header `x-warning` says so.

    `answer` is the type of one output as the current Python client reads it, `shape` makes that of one output for any
    client, and `listed` is whether the one answer of a single input is a list of one.
    """

    answer: Any
    shape: Callable[[Out_contra, Client], object] = _as_it_is
    listed: Callable[[Client], bool] = _never
    extra: str | None = None

    def content(self, schemas: Schemas, *, batches: bool) -> Mapping[str, Schema]:
        one = schemas.of(self.answer, "serialization")
        many: Schema = {"type": "array", "items": one}
        alone = {**many, "maxItems": 1} if self.listed(Client()) else one
        return {"application/json": {"anyOf": [alone, many]} if batches else alone}

    def encode(self, outputs: Sequence[Out_contra], client: Client, *, many: bool) -> Encoded:
        shaped = [self.shape(output, client) for output in outputs]
        return dumped(shaped if many or self.listed(client) else shaped[0])


def dumped(value: object) -> Encoded:
    """Any value of JSON, NumPy's arrays and scalars included; large arrays' memory is held for the current request.

    Raises TooLarge (413), Overloaded (429).
    """
    numbers = _array_numbers(value)
    if numbers > MANY_NUMBERS:
        account.hold_at_least(numbers * NUMBER_BYTES)
    body = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
    if b"null" in body and _holds_non_finite(value):
        return Encoded(body, "application/json", {"x-warning": "the model gave NaN or infinity, which became null"})
    return Encoded(body, "application/json")


def _array_numbers(value: object) -> int:
    """How many numbers an array, or a list of arrays, holds."""
    if isinstance(value, np.ndarray):
        return value.size
    if isinstance(value, list) and value and isinstance(value[0], np.ndarray):
        return sum(one.size for one in value if isinstance(one, np.ndarray))
    return 0


def _holds_non_finite(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_non_finite, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_non_finite, value))
    if isinstance(value, np.ndarray | np.floating):
        return not bool(np.isfinite(value).all())
    return isinstance(value, float) and not math.isfinite(value)
