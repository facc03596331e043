"""One medium in (an image, an audio, a video): the raw body, or base64 in JSON, alone or with what is asked of it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from .. import account
from ..errors import InvalidRequest
from ..schema import Schema, Schemas
from ..task import Decoded, In, Limits, Params, Payload
from . import content, envelope, json

BASE64_COPIES = 2  # of base64 while it is decoded: its ASCII, and three quarters of that
M = TypeVar("M")
_WIDE_JSON = tuple(mark + c.encode(encoding) for mark, encoding in content.MARKS for c in ("{", '"'))
"""How JSON begins that has a byte order mark."""
_DATA_URI = re.compile(r"data:[\w.+-]*/?[\w.+-]*(;[\w=.+-]+)*;base64,", re.IGNORECASE)


@dataclass(frozen=True)
class MediaInput(Generic[M, In]):
    """Inputs that hold one medium.

    `medium` is its name in errors; `read` decodes its bytes; `make` makes an input of the medium and the other fields
    of an `inputs` object, where `key` is the medium's own; `metered` gives the `x-compute-*` headers; `bare` is the
    set of keys that mark an input sent without the `inputs` envelope; `others` is a type whose fields are the others;
    `required` is whether there must be `inputs`; `params_inside` are parameters that some clients put inside `inputs`:
    their names there, and their own.
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
    params_inside: Mapping[str, str] = field(default_factory=dict)

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
        media = content.media_type(payload.content_type)
        if not _is_json(payload.body, media):
            if content.is_form(payload.body, media):
                raise content.refuse(media, self._instead())
            return Decoded([self.make(self.read(payload.body, limits), {})], many=False)
        body = content.utf8(payload.body, payload.content_type)
        if body.lstrip()[:1] not in (b"{", b"[", b'"', b""):
            raise InvalidRequest(f"The request body is not valid JSON, as its content type says; {self._instead()}")
        opened = self._opened(json.parse(body, limits))
        if self.params_inside and isinstance(opened.inputs, dict):
            self._take_out(opened, opened.inputs)
        return Decoded([self._item(opened.inputs, limits)], False, opened.params, opened.options)

    def meter(self, items: Sequence[In]) -> Mapping[str, str]:
        return self.metered(items)

    def _instead(self) -> str:
        medium = self.medium
        return f"send the bytes of the {medium} alone (curl --data-binary @FILE), or JSON with their base64 in inputs"

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

    def _take_out(self, opened: envelope.Envelope, inputs: dict[str, Any]) -> None:
        """Put the parameters that stand inside the inputs where they belong."""
        found = {own: inputs.pop(name) for name, own in self.params_inside.items() if name in inputs}
        opened.params = {**found, **opened.params}

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


def _is_json(body: bytes, media: str) -> bool:
    """As the first character says, since no medium begins as an object or string does, else as the media type says."""
    if body.lstrip()[:1] in (b"{", b'"') or content.is_json_type(media):
        return True
    return body.startswith(_WIDE_JSON) and not media.startswith(("image/", "audio/", "video/"))
