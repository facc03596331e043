"""One medium in (an image, an audio, a video): the raw body, or base64 in JSON, alone or with what is asked of it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from .. import account
from ..errors import InvalidRequest
from ..schema import Schema, Schemas
from ..task import Decoded, In, Limits, Params, Payload
from . import envelope, json

BASE64_COPIES = 2  # of base64 while it is decoded: its ASCII, and three quarters of that
M = TypeVar("M")
_DATA_URI = re.compile(r"data:[\w.+-]*/?[\w.+-]*(;[\w=.+-]+)*;base64,", re.IGNORECASE)


@dataclass(frozen=True)
class MediaInput(Generic[M, In]):
    """Inputs that hold one medium.

    `medium` is its name in errors; `read` decodes its bytes; `make` makes an input of the medium and the other fields
    of an `inputs` object, where `key` is the medium's own; `metered` gives the `x-compute-*` headers; `bare` is the
    set of keys that mark an input sent without the `inputs` envelope; `others` is a type whose fields are the others;
    `required` is whether there must be `inputs`.
    """

    medium: str
    read: Callable[[bytes, Limits], M]
    make: Callable[[M, Mapping[str, Any]], In]
    metered: Callable[[Sequence[In]], Mapping[str, str]]
    extra: str | None
    key: str
    bare: frozenset[str] = frozenset()
    others: Any = None
    batches: bool = False
    required: bool = True

    def content(self, schemas: Schemas, params: type[Params]) -> Mapping[str, Schema]:
        encoded: Schema = {"type": "string", "contentEncoding": "base64", "minLength": 1}
        others = {} if self.others is None else schemas.of(self.others)
        fields = {self.key: encoded, **others.get("properties", {})}
        required = [self.key, *others.get("required", ())]
        keyed = {"type": "object", "properties": fields, "required": required, "additionalProperties": False}
        is_alone = required == [self.key]
        enveloped = envelope.schema({"anyOf": [encoded, keyed]} if is_alone else keyed, schemas.of(params))
        raw: dict[str, Schema] = {f"{self.medium}/*": {"type": "string", "format": "binary"}} if is_alone else {}
        bare = {**keyed, "properties": {**enveloped["properties"], "inputs": encoded, **fields}}
        return {"application/json": {"anyOf": [enveloped, bare]} if self.bare else enveloped, **raw}

    def decode(self, payload: Payload, limits: Limits) -> Decoded[In]:
        if not payload.body:
            raise InvalidRequest(f"The request body is empty; send the bytes of the {self.medium}, or JSON")
        if not _is_json(payload):
            return Decoded([self.make(self.read(payload.body, limits), {})], many=False)
        opened = self._opened(json.parse(payload.body, limits))
        return Decoded([self._item(opened.inputs, limits)], False, opened.params, opened.options)

    def meter(self, items: Sequence[In]) -> Mapping[str, str]:
        return self.metered(items)

    def _opened(self, value: Any) -> envelope.Envelope:
        if isinstance(value, str):
            return envelope.Envelope(value)
        if not isinstance(value, dict):
            raise InvalidRequest(envelope.MISSING)
        # Some releases of huggingface_hub send the medium twice: as `inputs`, and among the fields beside it.
        twice = value.get("inputs"), value.get(self.key)
        if self.bare and None not in twice and twice[0] != twice[1]:
            raise InvalidRequest(f'"inputs" and {self.key!r} hold a different {self.medium} each; send one')
        return envelope.opened(envelope.enveloped(value, self.bare), required=self.required)

    def _item(self, inputs: Any, limits: Limits) -> In:
        fields: Mapping[str, Any] = inputs if isinstance(inputs, dict) else {self.key: inputs}
        medium = fields.get(self.key)
        if not isinstance(medium, str):
            raise InvalidRequest(f"inputs must hold the {self.medium} in base64, as a string or as its {self.key!r}")
        others = {name: part for name, part in fields.items() if name != self.key}
        return self.make(self.read(from_base64(medium, self.medium), limits), others)


def alone(medium: M, fields: Mapping[str, Any]) -> M:
    """For inputs that are the medium and nothing else. Raises InvalidRequest."""
    if fields:
        raise InvalidRequest(f"Unknown field {', '.join(repr(name[:64]) for name in sorted(fields)[:8])} in inputs")
    return medium


def with_fields(schema: TypeAdapter[In], key: str) -> Callable[[M, Mapping[str, Any]], In]:
    """For inputs of a schema that has the medium at `key`."""
    return lambda medium, fields: json.validate(schema, {**fields, key: medium}, "inputs")


def from_base64(text: str, medium: str) -> bytes:
    """The bytes of base64, standard or URL-safe, bare or as a data URI. Raises InvalidRequest that names the medium."""
    uri = _DATA_URI.match(text[:200])
    encoded = text[uri.end() :] if uri else text
    instead = f"send the bytes of the {medium} as the body, or their base64 in JSON"
    if encoded.startswith(("http://", "https://")):
        raise InvalidRequest(f"inputs is an address, which this server does not fetch; {instead}")
    account.take(BASE64_COPIES * len(encoded))
    for written, meant in (("-", "+"), ("_", "/"), ("\n", ""), ("\r", "")):
        encoded = encoded.replace(written, meant)
    try:
        found = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest(f"inputs is not valid base64; {instead}") from None
    if not found:
        raise InvalidRequest(f"inputs is empty; {instead}")
    return found


def _is_json(payload: Payload) -> bool:
    """As the first character says, since no medium begins as an object or string does, else as the media type says."""
    media = (payload.content_type or "").partition(";")[0].strip().lower()
    return payload.body.lstrip()[:1] in (b"{", b'"') or media == "application/json"
