"""Images, by Pillow: bytes to upright RGB pixels, and pixels to the media type that a caller wants."""

from __future__ import annotations

import base64
import contextlib
import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from .. import account
from ..client import Client
from ..errors import InferenceError, InvalidRequest, TooLarge, UnsupportedMedia
from ..schema import Schema, Schemas
from ..task import Decoded, Encoded, Limits, Params, Payload
from .accept import chosen
from .media import MediaInput, alone

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
"""The formats that are opened: no other's parser ever sees a caller's bytes."""
TAKEN = "PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF"
ENCODERS: Mapping[str, tuple[str, Mapping[str, int]]] = {
    "image/png": ("PNG", {"compress_level": 3}),
    "image/jpeg": ("JPEG", {"quality": 92}),
    "image/webp": ("WEBP", {"quality": 90}),
}
ENOUGH = 2  # times as many pixels as are looked at: those left out show less than another way of resizing does
LONGEST = 200  # times as long as wide: networks scale the short side up, and the long side would grow with it
RGB_BYTES = 4  # that Pillow holds a pixel of mode RGB in, and those of most others
PIXEL_BYTES = {"RGB": 0, "1": 1, "L": 1, "P": 1, "I;16": 3, "I": 17, "F": 17}
"""Bytes that a pixel of a mode takes until it is RGB, as measured; of others, RGB_BYTES."""
DECODER_BYTES = {"WEBP": 13, "AVIF": 6}
"""Bytes that the decoder of a format takes for a pixel beside the picture, as measured; of others, few."""

# Pillow's own guard looks where an image's size does not tell (a TIFF's tiles), and would only print a line.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def read_image(body: bytes, limits: Limits) -> Image.Image:
    """The first frame of an image, mode RGB, turned upright as its EXIF says, what is transparent over white.

    Raises UnsupportedMedia (415), and, before a pixel is decoded, TooLarge (413) or InvalidRequest (400).
    """
    Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, limits.pixels)
    try:
        with Image.open(io.BytesIO(body), formats=FORMATS) as image:
            _bound(image.size, limits)
            if limits.side is not None:  # a JPEG: by a power of two, which its decoder does by leaving out most work
                image.draft(None, (ENOUGH * limits.side, ENOUGH * limits.side))
            pixels = image.width * image.height
            decoding = pixels * _bytes_per_pixel(image)
            account.take(decoding + pixels * RGB_BYTES)
            image.load()
            with contextlib.suppress(Exception):  # EXIF that cannot be read does not spoil the pixels
                ImageOps.exif_transpose(image, in_place=True)
            rgb = to_rgb(image)
            account.give_back(decoding)
            return rgb
    except InferenceError:
        raise
    except UnidentifiedImageError:
        raise UnsupportedMedia(f"The body is not an image that this server reads; send {TAKEN}") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        raise TooLarge(f"The image is larger than {limits.pixels:,} pixels (MAX_PIXELS); send a smaller one") from None
    except Exception:  # malformed bytes make a parser raise whatever they lead it to
        raise UnsupportedMedia(f"The image is damaged or cut short; send a whole file, as {TAKEN}") from None


def to_rgb(image: Image.Image) -> Image.Image:
    """The same picture in mode RGB, over white where it is transparent; 16 and 32 bits are scaled to 8."""
    if image.mode == "F" or image.mode.startswith("I"):
        return _eight_bits(image).convert("RGB")
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
        assert converted is not None  # not in place
        return converted
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        flat = Image.new("RGB", image.size, "white")
        flat.paste(clear, mask=clear.getchannel("A"))
        return flat
    return image if image.mode == "RGB" else image.convert("RGB")


def as_base64_png(image: Image.Image) -> str:
    """A PNG file of the image (a mask, a depth map) in base64, for an answer in JSON."""
    return base64.b64encode(_encoded(image, "image/png")).decode()


def image_input(*, bare: frozenset[str] = frozenset()) -> MediaInput[Image.Image, Image.Image]:
    """The input codec of every task that takes one image and nothing beside it; `bare` as of MediaInput."""
    return MediaInput("image", read_image, alone, metered, "image", "image", bare)


class ImageOrPrompt(MediaInput[Image.Image, Image.Image | None]):
    """An image, or none where the parameter `prompt` says enough."""

    def content(self, schemas: Schemas, params: type[Params]) -> Mapping[str, Schema]:
        content = {**super().content(schemas, params)}
        enveloped = content["application/json"]
        inputs = {"anyOf": [enveloped["properties"]["inputs"], {"type": "null"}]}
        content["application/json"] = {
            **enveloped, "properties": {**enveloped["properties"], "inputs": inputs}, "required": []
        }  # fmt: skip
        return content

    def decode(self, payload: Payload, limits: Limits) -> Decoded[Image.Image | None]:
        decoded = super().decode(payload, limits)
        if decoded.items[0] is None and not decoded.params.get("prompt"):
            raise InvalidRequest("Send an image as inputs, or a prompt among the parameters, or both")
        return decoded

    def _item(self, inputs: Any, limits: Limits) -> Image.Image | None:
        return None if inputs is None else super()._item(inputs, limits)


def image_or_prompt_input() -> ImageOrPrompt:
    """The input codec of tasks that take an image, a prompt, or both."""
    return ImageOrPrompt("image", read_image, alone, metered, "image", "image", required=False)


def metered(items: Sequence[object]) -> Mapping[str, str]:
    """The header that tells how many images were sent."""
    return {"x-compute-images": str(sum(item is not None for item in items))}


@dataclass(frozen=True)
class ImageOutput:
    """An answer that is one image file, of the type that `accept` prefers: PNG, JPEG or WebP."""

    extra: str | None = "image"

    def content(self, schemas: Schemas, *, batches: bool) -> Mapping[str, Schema]:
        return {media_type: {"type": "string", "format": "binary"} for media_type in ENCODERS}

    def encode(self, outputs: Sequence[Image.Image], client: Client, *, many: bool) -> Encoded:
        if len(outputs) != 1:
            raise InvalidRequest(f"An answer holds one image, and {len(outputs)} were asked for; ask for them singly")
        media_type = chosen(client.accept, tuple(ENCODERS))
        return Encoded(_encoded(outputs[0], media_type), media_type)


def _encoded(image: Image.Image, media_type: str) -> bytes:
    name, options = ENCODERS[media_type]
    plain = image if media_type == "image/png" else to_rgb(image)  # a JPEG has no transparency
    buffer = io.BytesIO()
    plain.save(buffer, name, **options)
    return buffer.getvalue()


def _bound(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width * height > limits.pixels:
        raise TooLarge(
            f"The image has {width:,} x {height:,} pixels, and at most {limits.pixels:,} (MAX_PIXELS) are taken; send a"
            " smaller one"
        )
    if max(size) > LONGEST * min(size):
        raise InvalidRequest(f"The image has {width:,} x {height:,} pixels, too long for its width; send a part of it")


def _bytes_per_pixel(image: Image.Image) -> int:
    """What decoding takes beside the pixels of the picture in mode RGB: of its own mode, of its decoder, of pictures
    made on the way."""
    pictures = 2 * image.has_transparency_data + ("exif" in image.info) + ("progressive" in image.info)
    own = PIXEL_BYTES.get(image.mode, RGB_BYTES)
    return own + DECODER_BYTES.get(image.format or "", 0) + pictures * RGB_BYTES


def _eight_bits(image: Image.Image) -> Image.Image:
    """Gray of mode L: 16 bits keep their whole range, others are stretched between their least and most value."""
    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        return Image.fromarray((values >> 8).astype(np.uint8))
    finite = np.nan_to_num(values.astype(np.float32), posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    return Image.fromarray(((finite - low) * (255.0 / ((high - low) or 1.0))).round().astype(np.uint8))
