"""A conversation in: OpenAI's body, whose parameters stand beside its messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from ..chat import Chat, ImagePart, Message, PicturedMessage
from ..errors import InvalidRequest, TooLarge
from ..schema import Schema, Schemas
from ..task import Decoded, Limits, Params, Payload
from . import json
from .media import from_base64

MOST_IMAGES = 16
_MESSAGES = TypeAdapter(Annotated[list[Message], Field(min_length=1)])
_PICTURED = TypeAdapter(Annotated[list[PicturedMessage], Field(min_length=1)])


@dataclass(frozen=True)
class ChatInput:
    """One conversation a request; `pictured` is whether its messages may hold images."""

    pictured: bool = False
    batches: bool = False

    @property
    def extra(self) -> str | None:
        """As of InputCodec."""
        return "image" if self.pictured else None

    def content(self, schemas: Schemas, params: type[Params]) -> Mapping[str, Schema]:
        beside = schemas.of(params)["properties"]
        fields = {"messages": schemas.of(_PICTURED if self.pictured else _MESSAGES), **beside}
        body = {"type": "object", "properties": fields, "required": ["messages"], "additionalProperties": False}
        return {"application/json": body}

    def decode(self, payload: Payload, limits: Limits) -> Decoded[Chat]:
        value = json.parse_payload(payload, limits)
        if not isinstance(value, dict) or "messages" not in value:
            raise InvalidRequest(
                'The field "messages" is missing; send JSON such as {"messages": [{"role": "user", "content": "..."}]}'
            )
        params = {name: part for name, part in value.items() if name != "messages"}
        if self.pictured:
            pictured = json.validate(_PICTURED, value["messages"], "messages")
            _bound(pictured, limits)
            told = [{**_told(message), "content": list(map(_told_part, message.parts))} for message in pictured]
            return Decoded([Chat(told, list(_images(pictured, limits)))], False, params)
        messages = json.validate(_MESSAGES, value["messages"], "messages")
        _bound(messages, limits)
        return Decoded([Chat([{**_told(m), "content": m.text} for m in messages])], False, params)

    def meter(self, items: Sequence[Chat]) -> Mapping[str, str]:
        texts = (text for chat in items for message in chat.messages for text in texts_of(message))
        told = {"x-compute-characters": str(sum(map(len, texts)))}
        return {**told, "x-compute-images": str(sum(len(chat.images) for chat in items))} if self.pictured else told


def texts_of(message: Mapping[str, Any]) -> list[str]:
    """The texts of a message of a Chat."""
    content = message["content"]
    return [content] if isinstance(content, str) else [part["text"] for part in content if part["type"] == "text"]


def _bound(messages: Sequence[Message | PicturedMessage], limits: Limits) -> None:
    characters = sum(len(message.text) for message in messages)
    if len(messages) > limits.inputs or characters > limits.characters:
        raise TooLarge(
            f"At most {limits.inputs:,} messages of {limits.characters:,} characters in all are taken (MAX_INPUTS,"
            " MAX_CHARACTERS); send fewer"
        )


def _told(message: Message | PicturedMessage) -> dict[str, Any]:
    return message.model_dump(exclude_none=True, exclude={"content"})


def _told_part(part: Any) -> Mapping[str, str]:
    return {"type": "image"} if isinstance(part, ImagePart) else {"type": "text", "text": part.text}


def _images(messages: Sequence[PicturedMessage], limits: Limits) -> Iterator[Any]:
    """The images in their order, within the limits of one image in all."""
    from .image import read_image  # where only texts are chatted of, there is no decoder of images

    addresses = [part.image_url.url for m in messages for part in m.parts if isinstance(part, ImagePart)]
    if len(addresses) > MOST_IMAGES:
        raise TooLarge(f"{len(addresses)} images were sent, and at most {MOST_IMAGES} are taken; send fewer")
    left = limits.pixels
    for address in addresses:
        image = read_image(from_base64(address, "image"), replace(limits, pixels=left))
        left -= image.width * image.height
        yield image
