"""Text in: a JSON envelope, a bare JSON value, or, where one text is enough, the raw body."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from pydantic import TypeAdapter

from ..errors import InvalidRequest, TooLarge
from ..schema import Schema, Schemas, one_or_many
from ..task import Decoded, In, Limits, Params, Payload
from . import content, envelope, json

UTF8_BYTES = 4  # of a character, at most
PLAIN = content.TEXTS - content.UNTYPED
"""Media types that say that a body is text, though it begins as JSON does."""
INSTEAD = (
    'send JSON such as {"inputs": ...} with the header content-type: application/json, or a text with'
    " content-type: text/plain"
)


@dataclass(frozen=True)
class TextInput(Generic[In]):
    """Inputs made of texts.

    `schema` is one input; `texts` lists the texts in it (they are counted, bounded and metered); `raw` makes an input
    of a plain-text body, where the task takes one; `bare` is the set of keys that mark an input sent without the
    `inputs` envelope; `root` is the set of parameters that stand beside `inputs`.
    """

    schema: TypeAdapter[In]
    texts: Callable[[In], Iterable[str]]
    raw: Callable[[str], In] | None = None
    bare: frozenset[str] = frozenset()
    root: frozenset[str] = frozenset()
    extra: str | None = None
    batches: bool = True

    def content(self, schemas: Schemas, params: type[Params]) -> Mapping[str, Schema]:
        one = schemas.of(self.schema)
        enveloped = envelope.schema(one_or_many(one) if self.batches else one, schemas.of(params), self.root)
        alone = one_or_many(one) if self.raw and self.batches else one
        json_body = {"anyOf": [enveloped, alone]} if self.raw or self.bare else enveloped
        plain: dict[str, Schema] = {"text/plain": {"type": "string", "minLength": 1}} if self.raw else {}
        return {"application/json": json_body, **plain}

    def decode(self, payload: Payload, limits: Limits) -> Decoded[In]:
        text = None if self.raw is None else _plain_text(payload, limits, self.bare)
        if text is not None and self.raw is not None:
            decoded = Decoded([self.raw(text)], many=False)
        else:
            decoded = self._decode_json(json.parse_payload(payload, limits), limits)
        self._bound(decoded.items, limits)
        return decoded

    def meter(self, items: Sequence[In]) -> Mapping[str, str]:
        return {"x-compute-characters": str(sum(len(text) for item in items for text in self.texts(item)))}

    def _decode_json(self, value: Any, limits: Limits) -> Decoded[In]:
        if isinstance(value, dict):
            is_bare = value.get("inputs") is None
            opened = envelope.opened(envelope.enveloped(value, self.bare) if is_bare else value, self.root)
            many = isinstance(opened.inputs, list)
            return Decoded(self._items(opened.inputs, limits), many, opened.params, opened.options)
        return Decoded(self._items(value, limits), isinstance(value, list))

    def _items(self, inputs: Any, limits: Limits) -> Sequence[In]:
        if not isinstance(inputs, list):
            return [json.validate(self.schema, inputs, "inputs")]
        if not self.batches:
            raise InvalidRequest("inputs is a list, and this task answers one input at a time; send one")
        if not inputs:
            raise InvalidRequest("inputs is an empty list; send at least one input")
        _at_most(len(inputs), limits.inputs, "inputs", "MAX_INPUTS")
        return [json.validate(self.schema, item, f"inputs.{n}") for n, item in enumerate(inputs)]

    def _bound(self, items: Sequence[In], limits: Limits) -> None:
        texts = [text for item in items for text in self.texts(item)]
        _at_most(len(texts), limits.inputs, "texts", "MAX_INPUTS")
        _at_most(sum(map(len, texts)), limits.characters, "characters", "MAX_CHARACTERS")
        if any("\ud800" <= c <= "\udfff" for text in texts if not text.isascii() for c in text):
            raise InvalidRequest("A text holds a lone surrogate, which is not a character; send valid Unicode")


def _at_most(count: int, limit: int, unit: str, setting: str) -> None:
    if count > limit:
        raise TooLarge(
            f"The request holds {count:,} {unit}, and at most {limit:,} ({setting}) are taken; send it in parts"
        )


def _plain_text(payload: Payload, limits: Limits, bare: frozenset[str]) -> str | None:
    """The body as plain text, or None when it is JSON: as its media type says, else as its first characters do.

    Raises UnsupportedMedia for a form, and for what is of a type that is neither text nor JSON.
    """
    if payload.content_type == "application/json":
        return None
    media = content.media_type(payload.content_type)
    if content.is_json_type(media):
        return None
    body = content.utf8(payload.body, payload.content_type) if media in content.TEXTS else payload.body
    begins = body.lstrip()[:1]
    if begins == b"":
        return None
    if begins in (b"{", b"[", b'"') and (media not in PLAIN or _is_envelope(body, begins, bare)):
        return None
    if media not in content.TEXTS or content.is_form(body, media):
        raise content.refuse(media, INSTEAD)
    if begins == b"[" and body.rstrip().endswith(b'"]'):
        raise InvalidRequest("The body is text/plain and reads as a list in JSON; send that as application/json")
    _at_most(len(body) // UTF8_BYTES, limits.characters, "characters", "MAX_CHARACTERS")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The request body is not UTF-8 text (byte {error.start}); send UTF-8 or JSON") from None
    if not text.strip():
        raise InvalidRequest('The request body is empty; send a text, or JSON such as {"inputs": ...}')
    return text


def _is_envelope(body: bytes, begins: bytes, bare: frozenset[str]) -> bool:
    """Whether plain text is an object that names `inputs`, or keys that stand in its place: JavaScript sends a string
    of JSON as text/plain unless it is told not to."""
    named = any(quote + name.encode() + quote in body for name in ("inputs", *bare) for quote in (b'"', b"'"))
    return begins == b"{" and named
