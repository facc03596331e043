"""Tasks that answer with an image: image-to-image, text-to-image, image-text-to-image, latent-to-image."""

from __future__ import annotations

import base64
import struct
from typing import Annotated, Literal

import orjson
from PIL.Image import Image
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ..codecs.image import ImageOutput, image_input, image_or_prompt_input
from ..codecs.tensor import DType, Shape, Tensor, TensorInput
from ..codecs.text import TextInput
from ..generation import unserved
from ..pipeline import Pipeline
from ..samples import as_json
from ..task import BadPayload, Params, Payload, Task
from .image import JPEG, NOT_IMAGES, PNG

MOST_SIDE = 8192  # pixels


class Size(BaseModel):
    """Of an image, in pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    width: int = Field(gt=0, le=MOST_SIDE)
    height: int = Field(gt=0, le=MOST_SIDE)


class GenerationParams(Params):
    """Of every task that draws; `None` leaves a choice to the model, and a model lets pass what is not its kind's."""

    negative_prompt: str | None = Field(default=None, strict=True, description="what must not be in the image")
    guidance_scale: float | None = Field(
        default=None, ge=0, le=100, strict=True, description="how closely the prompt is followed"
    )
    num_inference_steps: int | None = Field(
        default=None, gt=0, le=500, strict=True, description="more steps take longer and draw finer"
    )
    seed: int | None = Field(
        default=None, ge=0, lt=2**63, strict=True, description="equal seeds of equal requests give equal images"
    )


class TextToImageParams(GenerationParams):
    """Of text-to-image."""

    width: int | None = Field(default=None, gt=0, le=MOST_SIDE, strict=True, description="of the image, in pixels")
    height: int | None = Field(default=None, gt=0, le=MOST_SIDE, strict=True, description="of the image, in pixels")
    scheduler: str | None = Field(default=None, strict=True, description="another scheduler that fits the model")


class ImageTextToImageParams(GenerationParams):
    """Of image-text-to-image."""

    prompt: str | None = Field(default=None, strict=True, description="what to draw, or to make of the image")
    target_size: Size | None = Field(default=None, description="of the image that is answered")


class ImageToImageParams(ImageTextToImageParams):
    """Of image-to-image; `width` and `height` are `target_size` as older clients say it."""

    strength: float | None = Field(
        default=None, ge=0, le=1, strict=True, description="how much of the image is drawn anew; 1 is all of it"
    )
    guess_mode: Annotated[bool | None, unserved("guess_mode is not served; leave it out", False)] = None
    width: int | None = Field(default=None, gt=0, le=MOST_SIDE, strict=True, description="of the image, in pixels")
    height: int | None = Field(default=None, gt=0, le=MOST_SIDE, strict=True, description="of the image, in pixels")

    @property
    def size(self) -> tuple[int, int] | None:
        """(width, height) of the image that is wanted, however it was said."""
        if self.target_size is not None:
            return self.target_size.width, self.target_size.height
        return None if self.width is None or self.height is None else (self.width, self.height)


class LatentToImageParams(Params):
    """Of latent-to-image; besides the tensor's layout, what diffusers' `remote_decode` sends."""

    shape: Shape
    dtype: DType = Field(description="the type of the tensor's numbers")
    do_scaling: bool = Field(default=True, description="scale as the model's own factors say, where none is sent")
    scaling_factor: float | None = Field(default=None, gt=0, description="divide the latents by it")
    shift_factor: float | None = Field(default=None, description="then add it")
    width: int | None = Field(default=None, gt=0, le=MOST_SIDE, description="of the image, where latents are packed")
    height: int | None = Field(default=None, gt=0, le=MOST_SIDE, description="of the image, where latents are packed")
    output_type: Literal["pil"] = Field(default="pil", description="an image file, of the type that `accept` names")
    image_format: Literal["png", "jpg"] | None = Field(default=None, description="says nothing beside `accept`")
    partial_postprocess: bool = Field(default=False, description="says nothing of an image file")


ImageToImage = Pipeline[Image, ImageToImageParams, Image]
TextToImage = Pipeline[str, TextToImageParams, Image]
ImageTextToImage = Pipeline[Image | None, ImageTextToImageParams, Image]
LatentToImage = Pipeline[Tensor, LatentToImageParams, Image]

BAD_SIZE = {"target_size": {"width": 0, "height": 32}}

IMAGE_TO_IMAGE = Task[Image, ImageToImageParams, Image](
    name="image-to-image",
    input=image_input(),
    params=ImageToImageParams,
    output=ImageOutput(),
    good=(
        Payload(JPEG, "image/jpeg"),
        Payload(PNG, None),
        as_json("image.jpg"),
        as_json("image.jpg", parameters={"target_size": {"width": 48, "height": 32}}),
        as_json("image.png", parameters={"prompt": "a house in snow", "negative_prompt": "people", "seed": 1,
                                         "guidance_scale": 3, "num_inference_steps": 2}),
        as_json("image.jpg", "image", parameters={"width": 40, "height": 32}),
    ),
    bad=(
        *NOT_IMAGES,
        BadPayload(as_json("image.jpg", parameters=BAD_SIZE), 400, "target_size.width"),
        BadPayload(as_json("image.jpg", parameters={"target_size": {"width": 32}}), 400, "target_size.height"),
        BadPayload(as_json("image.jpg", parameters={"guidance_scale": "high"}), 400, "guidance_scale"),
        BadPayload(as_json("image.jpg", parameters={"steps": 3}), 400, "num_inference_steps"),
    ),
)  # fmt: skip

TEXT_TO_IMAGE = Task[str, TextToImageParams, Image](
    name="text-to-image",
    input=TextInput(
        TypeAdapter(str, config=ConfigDict(strict=True)),
        texts=lambda text: (text,),
        raw=str,
        root=frozenset({"negative_prompt"}),  # where the first releases of the JavaScript client put it
        batches=False,
    ),
    params=TextToImageParams,
    output=ImageOutput(),
    good=(
        Payload(orjson.dumps({"inputs": "a house by the sea", "parameters": {"seed": 1, "num_inference_steps": 2}})),
        Payload(b'{"inputs": "a house", "parameters": {"width": 64, "height": 64, "num_inference_steps": 2,'
                b' "guidance_scale": 5, "negative_prompt": "people"}}'),
        Payload(b"a house by the sea", None, {"num_inference_steps": "2", "seed": "1"}),
    ),
    bad=(
        BadPayload(Payload(b""), 400, "empty"),
        BadPayload(Payload(b'{"inputs": 7}'), 400, "inputs"),
        BadPayload(Payload(b'{"inputs": ["a house", "a cat"]}'), 400, "one input at a time"),
        BadPayload(Payload(b'{"inputs": "a house", "parameters": {"width": -1}}'), 400, "width"),
        BadPayload(Payload(b'{"inputs": "a house", "parameters": {"height": 100000}}'), 400, "height"),
        BadPayload(Payload(b'{"inputs": "a house", "parameters": {"num_inference_steps": 0}}'), 400, "steps"),
        BadPayload(Payload(b'{"inputs": "a house", "parameters": {"seed": "x"}}'), 400, "seed"),
        BadPayload(Payload(b'{"inputs": "a house", "parameters": {"sedd": 1}}'), 400, "seed"),
    ),
)  # fmt: skip

IMAGE_TEXT_TO_IMAGE = Task[Image | None, ImageTextToImageParams, Image](
    name="image-text-to-image",
    input=image_or_prompt_input(),
    params=ImageTextToImageParams,
    output=ImageOutput(),
    good=(
        as_json("image.jpg", parameters={"prompt": "a house in snow", "num_inference_steps": 2}),
        Payload(JPEG, "image/jpeg", {"prompt": '"a house in snow"', "num_inference_steps": "2"}),
        Payload(b'{"parameters": {"prompt": "a house", "num_inference_steps": 2, "seed": 1}}'),
        as_json("image.png", "image", parameters={"prompt": "a cat", "num_inference_steps": 2}),
    ),
    bad=(
        *NOT_IMAGES,
        BadPayload(Payload(b"{}"), 400, "prompt"),
        BadPayload(Payload(b'{"inputs": null, "parameters": {"prompt": ""}}'), 400, "prompt"),
        BadPayload(as_json("image.jpg", parameters={"prompt": 7}), 400, "prompt"),
        BadPayload(as_json("image.jpg", parameters=BAD_SIZE), 400, "target_size.width"),
    ),
)

LATENT = struct.pack("<256f", *(0.01 * n - 1.28 for n in range(256)))
LAYOUT = {"shape": [1, 4, 8, 8], "dtype": "float32"}


def _latent(**parameters: object) -> Payload:
    return Payload(orjson.dumps({"inputs": base64.b64encode(LATENT).decode(), "parameters": parameters}))


LATENT_TO_IMAGE = Task[Tensor, LatentToImageParams, Image](
    name="latent-to-image",
    input=TensorInput(),
    params=LatentToImageParams,
    output=ImageOutput(),
    good=(
        _latent(**LAYOUT),
        _latent(**{**LAYOUT, "shape": "1,4,8,8"}, scaling_factor=0.18215),
        _latent(shape=[1, 4, 8, 16], dtype="float16", do_scaling=False),
        Payload(LATENT, None, {"shape": "[1,4,8,8]", "dtype": '"float32"'}),
    ),
    bad=(
        BadPayload(Payload(b""), 400, "empty"),
        BadPayload(Payload(LATENT, None), 400, "JSON"),
        BadPayload(_latent(), 400, "shape"),
        BadPayload(_latent(shape=[1, 4, 8, 8]), 400, "dtype"),
        BadPayload(_latent(shape=[1, 4, 8, 9], dtype="float32"), 400, "1,152 bytes, and 1,024 were sent"),
        BadPayload(_latent(shape=[1, 4, 8, -8], dtype="float32"), 400, "shape"),
        BadPayload(_latent(shape="1,4,8,x", dtype="float32"), 400, "shape"),
        BadPayload(_latent(**{**LAYOUT, "dtype": "int8"}), 400, "dtype"),
        BadPayload(_latent(shape=[1, 4, 100000, 100000], dtype="float16"), 413, "pixels"),
        BadPayload(_latent(**LAYOUT, output_type="pt"), 400, "output_type"),
    ),
)
