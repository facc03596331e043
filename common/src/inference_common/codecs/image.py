"""Images, by Pillow: bytes to upright RGB pixels, and pixels to the media type that a caller wants."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from .. import account
from ..client import Client
from ..errors import InferenceError, InvalidRequest, TooLarge, UnsupportedMedia
from ..schema import Schema, Schemas
from ..task import Decoded, Encoded, Limits, Params, Payload
from .accept import chosen
from .media import MediaInput, alone
from .metadata import Stripped, orientation, strip

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

COPIED = {b"WEBP": 2, b"ftyp": 2}
"""How many copies of a file its decoder makes, its metadata among them, by what is in its first bytes; of others, none.
"""
TURNS: Mapping[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes an image upright, by the orientation that EXIF names."""
MODES: Mapping[int, str] = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
"""Pillow's mode of images of so many channels: gray or colours, each with transparency or without."""

# Pillow's own guard looks where an image's size does not tell (a TIFF's tiles), and would only print a line.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def read_image(body: bytes, limits: Limits) -> Image.Image:
    """The first frame of an image in the mode that is read (`limits.image_mode`), turned upright as its EXIF says; what
    is transparent is over white, unless that mode tells it.

    Raises UnsupportedMedia (415), and, before a pixel is decoded, TooLarge (413) or InvalidRequest (400).
    """
    Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, limits.pixels)
    copied = _copied(body)
    account.take(copied)
    try:
        stripped = strip(body)
        with Image.open(io.BytesIO(stripped.body), formats=FORMATS) as image:
            _bound(image.size, limits)
            if limits.side is not None:  # a JPEG: by a power of two, which its decoder does by leaving out most work
                image.draft(None, (ENOUGH * limits.side, ENOUGH * limits.side))
            turn = _turn(image, stripped)
            pixels = image.width * image.height
            decoding = pixels * _bytes_per_pixel(image, turn)
            account.take(decoding + pixels * RGB_BYTES)
            image.load()
            converted = to_mode(image if turn is None else image.transpose(turn), limits.image_mode)
            account.give_back(decoding + copied)
            return converted
    except InferenceError:
        raise
    except UnidentifiedImageError:
        raise UnsupportedMedia(f"The body is not an image that this server reads; send {TAKEN}") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        raise TooLarge(f"The image is larger than {limits.pixels:,} pixels (MAX_PIXELS); send a smaller one") from None
    except Exception:  # malformed bytes make a parser raise whatever they lead it to
        raise UnsupportedMedia(f"The image is damaged or cut short; send a whole file, as {TAKEN}") from None


def mode_of(channels: int) -> str:
    """The mode of Pillow that a network of so many channels reads. Raises TypeError where images have no such."""
    if channels not in MODES:
        known = "1 (gray), 2 (gray and transparency), 3 (RGB) or 4 (RGB and transparency)"
        raise TypeError(f"the network reads images of {channels} channels, and the images that are sent have {known}")
    return MODES[channels]


def to_mode(image: Image.Image, mode: str) -> Image.Image:
    """The same picture in one of MODES: of to_rgb, and its own transparency where the mode has that."""
    if image.mode == mode:
        return image
    if "A" in mode and image.has_transparency_data:
        return image.convert("RGBA").convert(mode)
    return to_rgb(image).convert(mode)


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


def image_input(
    *, bare: frozenset[str] = frozenset(), params_inside: Mapping[str, str] | None = None
) -> MediaInput[Image.Image, Image.Image]:
    """The input codec of every task that takes one image and nothing beside it; `bare` and `params_inside` as of
    MediaInput."""
    inside = params_inside or {}
    return MediaInput("image", read_image, alone, metered, "image", "image", bare, params_inside=inside)


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


def _copied(body: bytes) -> int:
    """Bytes of copies of a file that reading it takes: without its metadata, and those of its decoder."""
    return len(body) * (COPIED.get(body[8:12]) or COPIED.get(body[4:8]) or 1)


def _turn(image: Image.Image, stripped: Stripped) -> Image.Transpose | None:
    """What makes an image upright. TIFF is turned as it is loaded."""
    xmp = image.info.get("xmp", b"") if image.format == "WEBP" else stripped.xmp
    return TURNS.get(orientation(stripped.exif or image.info.get("exif", b""), xmp))


def _bytes_per_pixel(image: Image.Image, turn: Image.Transpose | None) -> int:
    """What decoding takes beside the pixels of the picture in mode RGB: of its own mode, of its decoder, of pictures
    made on the way."""
    pictures = 2 * image.has_transparency_data + (turn is not None) + ("progressive" in image.info)
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
