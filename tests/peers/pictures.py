"""Images whose pixels two files hold in different ways."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import numpy as np
from inference_common.samples import sample
from PIL import Image

TURN_LEFT = 8  # EXIF's orientation of an image that a viewer turns by 90 degrees against the clock
LEVELS_OF_8_BITS = 257  # of 16 bits: 65535 is white, as 255 is
WIDTH, HEIGHT = 48, 80


def picture(name: str) -> bytes:
    """The image file of a name. Raises KeyError."""
    return PICTURES[name]()


def colours() -> Image.Image:
    """The sample image, larger than wide, so that a turn shows."""
    with Image.open(io.BytesIO(sample("image.jpg"))) as image:
        return image.convert("RGB").resize((WIDTH, HEIGHT))


def gray() -> Image.Image:
    return colours().convert("L")


def gray_of_16_bits() -> Image.Image:
    levels = np.asarray(gray(), dtype=np.uint16) * LEVELS_OF_8_BITS
    return Image.fromarray(levels.astype(np.uint16))


def palette() -> Image.Image:
    return colours().quantize(16)


def webp(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "WEBP", lossless=True)
    return file.getvalue()


def png(image: Image.Image, orientation: int | None = None) -> bytes:
    """The file of an image; its EXIF has that orientation, if any."""
    file, exif = io.BytesIO(), Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    image.save(file, "PNG", exif=exif)
    return file.getvalue()


PICTURES: Mapping[str, Callable[[], bytes]] = {
    "colour": lambda: png(colours()),
    "colour as WebP": lambda: webp(colours()),
    "palette": lambda: png(palette()),
    "palette in colour": lambda: png(palette().convert("RGB")),
    "gray": lambda: png(gray()),
    "gray in colour": lambda: png(gray().convert("RGB")),
    "gray of 16 bits": lambda: png(gray_of_16_bits()),
    "opaque": lambda: png(colours().convert("RGBA")),
    "turned": lambda: png(colours().transpose(Image.Transpose.ROTATE_90)),
    "turned by EXIF": lambda: png(colours(), TURN_LEFT),
}
