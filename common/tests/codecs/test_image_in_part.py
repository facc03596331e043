"""Photos of which a network looks at less than they hold."""

import io

import numpy as np
import pytest
from inference_common.codecs.image import read_image
from inference_common.errors import TooLarge
from inference_common.task import Limits
from PIL import Image


def saved(image: Image.Image, name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()


def gradient(width: int, height: int) -> Image.Image:
    rows, columns = np.mgrid[0:height, 0:width]
    levels = np.stack([columns * 255 / width, rows * 255 / height, np.full((height, width), 90)], axis=-1)
    return Image.fromarray(levels.astype(np.uint8))


@pytest.mark.parametrize(
    ("name", "size", "side", "expected"),
    [
        ("JPEG", (640, 480), None, (640, 480)),
        ("JPEG", (640, 480), 30, (80, 60)),
        ("JPEG", (480, 640), 30, (60, 80)),
        ("JPEG", (640, 480), 31, (160, 120)),  # an eighth would show less than twice what is looked at
        ("JPEG", (640, 480), 241, (640, 480)),
        ("PNG", (640, 480), 30, (640, 480)),
    ],
)
def test_no_more_of_a_photo_is_decoded_than_is_looked_at(
    name: str, size: tuple[int, int], side: int | None, expected: tuple[int, int]
) -> None:
    whole = gradient(*size)
    read = read_image(saved(whole, name), Limits(inputs=1, characters=1, side=side))
    assert read.size == expected
    seen = (40, 30) if size[0] > size[1] else (30, 40)
    np.testing.assert_allclose(np.asarray(read.resize(seen)), np.asarray(whole.resize(seen)), atol=6)


def test_a_photo_is_as_large_as_its_header_says_whatever_is_decoded() -> None:
    with pytest.raises(TooLarge, match="640 x 480"):
        read_image(saved(gradient(640, 480), "JPEG"), Limits(inputs=1, characters=1, pixels=10_000, side=1))


def test_a_photo_is_upright_whatever_is_decoded() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    read = read_image(saved(gradient(640, 480), "JPEG", exif=exif), Limits(inputs=1, characters=1, side=30))
    assert read.size == (60, 80)
