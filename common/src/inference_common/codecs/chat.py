"""A conversation in: OpenAI's body, whose parameters stand beside its messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field, TypeAdapter

from ..chat import Chat, Message
from ..errors import InvalidRequest, TooLarge
from ..schema import Schema, Schemas
from ..task import Decoded, Limits, Params, Payload
from . import json

_MESSAGES = TypeAdapter(Annotated[list[Message], Field(min_length=1)])


class ChatInput:
    """One conversation a request."""

    extra: str | None = None
    batches = False

    def content(self, schemas: Schemas, params: type[Params]) -> Mapping[str, Schema]:
        beside = schemas.of(params)["properties"]
        fields = {"messages": schemas.of(_MESSAGES), **beside}
        body = {"type": "object", "properties": fields, "required": ["messages"], "additionalProperties": False}
        return {"application/json": body}

    def decode(self, payload: Payload, limits: Limits) -> Decoded[Chat]:
        value = json.parse(payload.body)
        if not isinstance(value, dict) or "messages" not in value:
            raise InvalidRequest(
                'The field "messages" is missing; send JSON such as {"messages": [{"role": "user", "content": "..."}]}'
            )
        messages = json.validate(_MESSAGES, value["messages"], "messages")
        characters = sum(len(message.text) for message in messages)
        if len(messages) > limits.inputs or characters > limits.characters:
            raise TooLarge(
                f"At most {limits.inputs:,} messages of {limits.characters:,} characters in all are taken; send fewer"
            )
        told = [message.model_dump(exclude_none=True) | {"content": message.text} for message in messages]
        return Decoded([Chat(told)], False, {name: part for name, part in value.items() if name != "messages"})

    def meter(self, items: Sequence[Chat]) -> Mapping[str, str]:
        return {"x-compute-characters": str(sum(len(m["content"]) for chat in items for m in chat.messages))}
