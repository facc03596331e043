"""Tensors in: their bytes, little-endian and in C order, raw or in base64; parameters tell their shape and type."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from ..errors import InvalidRequest, TooLarge
from ..schema import Schema, Schemas
from ..task import Decoded, Limits, Params, Payload
from . import content, json
from .media import MediaInput, alone

Tensor = npt.NDArray[np.float32]
DType = Literal["float16", "float32", "bfloat16"]
PIXELS_A_NUMBER = 16
"""What one number of a latent image of four channels becomes: 64 pixels for every four numbers."""


def _split(value: Any) -> Any:
    """`1,4,8,8` of a query, or the `6` that stands there alone, as the list it stands for."""
    if isinstance(value, int):
        return (value,)
    if isinstance(value, str):
        return tuple(int(part) if part.strip().isdecimal() else part for part in value.strip("[] ").split(","))
    return tuple(value) if isinstance(value, list) else value


Shape = Annotated[
    tuple[Annotated[int, Field(gt=0, strict=True)], ...],
    Field(min_length=1, max_length=6),
    BeforeValidator(_split, json_schema_input_type=list[int] | str),
    Field(description="sizes of the tensor's dimensions, as a list or 1,4,64,64"),
]


class _Layout(BaseModel):
    model_config = ConfigDict(extra="ignore")
    shape: Shape
    dtype: DType


_LAYOUT = TypeAdapter(_Layout)


@dataclass(frozen=True)
class TensorInput:
    """One tensor, as float32; `shape` and `dtype` must be among the task's parameters."""

    extra: str | None = None
    batches: bool = False

    def content(self, schemas: Schemas, params: type[Params]) -> Mapping[str, Schema]:
        content = {**_BYTES.content(schemas, params)}
        return {"application/octet-stream" if "*" in media else media: part for media, part in content.items()}

    def decode(self, payload: Payload, limits: Limits) -> Decoded[Tensor]:
        # Bytes of a tensor may begin as JSON does; only they come with their shape in the query.
        media = content.media_type(payload.content_type)
        is_raw = "shape" in payload.query and not media.startswith("multipart/")
        if is_raw and payload.body:
            decoded = Decoded([payload.body], many=False)
        elif content.is_form(payload.body, media):
            decoded = _BYTES.decode(payload, limits)  # which refuses it
        else:
            decoded = _BYTES.decode(Payload(payload.body, "application/json"), limits)
        asked = {**{name: json.of_query(text) for name, text in payload.query.items()}, **decoded.params}
        layout = json.validate(_LAYOUT, asked, "parameters")
        return Decoded([as_array(decoded.items[0], layout.shape, layout.dtype, limits)], False, decoded.params,
                       decoded.options)  # fmt: skip

    def meter(self, items: Sequence[Tensor]) -> Mapping[str, str]:
        return {"x-compute-images": str(len(items))}


def as_array(body: bytes, shape: Sequence[int], dtype: DType, limits: Limits) -> Tensor:
    """The tensor of `body` as float32. Raises InvalidRequest where it is not of that shape, or TooLarge."""
    numbers, width = math.prod(shape), 4 if dtype == "float32" else 2
    if numbers * PIXELS_A_NUMBER > limits.pixels:
        raise TooLarge(
            f"A tensor of {numbers:,} numbers makes more than {limits.pixels:,} pixels (MAX_PIXELS); send a smaller one"
        )
    if len(body) != numbers * width:
        told = f"shape {list(shape)} of {dtype} is {numbers * width:,} bytes"
        raise InvalidRequest(f"{told}, and {len(body):,} were sent; send the shape and dtype of the tensor itself")
    if dtype == "bfloat16":  # the upper half of a float32, which NumPy has no type for
        values = (np.frombuffer(body, "<u2").astype(np.uint32) << 16).view(np.float32)
    else:
        values = np.frombuffer(body, f"<f{width}").astype(np.float32)
    return values.reshape(shape)


def _as_sent(body: bytes, limits: Limits) -> bytes:
    return body


_BYTES: MediaInput[bytes, bytes] = MediaInput("tensor", _as_sent, alone, lambda items: {}, None, "tensor")
