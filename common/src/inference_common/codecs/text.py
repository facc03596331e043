"""Text in: a JSON envelope, a bare JSON value, or, where one text is enough, the raw body."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from pydantic import TypeAdapter

from ..errors import InvalidRequest, TooLarge
from ..schema import Schema, Schemas, one_or_many
from ..task import Decoded, In, Limits, Params, Payload
from . import envelope, json

UTF8_BYTES = 4  # of a character, at most


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
        text = None if self.raw is None else _plain_text(payload, limits)
        if text is not None and self.raw is not None:
            decoded = Decoded([self.raw(text)], many=False)
        else:
            decoded = self._decode_json(json.parse(payload.body, limits), limits)
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


def _plain_text(payload: Payload, limits: Limits) -> str | None:
    """The body as plain text, or None when it is JSON: as its media type says, else as its first character does."""
    if payload.content_type == "application/json":
        return None
    media = (payload.content_type or "").partition(";")[0].strip().lower()
    looks_json = payload.body.lstrip()[:1] in (b"{", b"[", b'"', b"")
    if media == "application/json" or (looks_json and media != "text/plain"):
        return None
    _at_most(len(payload.body) // UTF8_BYTES, limits.characters, "characters", "MAX_CHARACTERS")
    try:
        text = payload.body.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The request body is not UTF-8 text (byte {error.start}); send UTF-8 or JSON") from None
    if not text.strip():
        raise InvalidRequest('The request body is empty; send a text, or JSON such as {"inputs": ...}')
    return text
