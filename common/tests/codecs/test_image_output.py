import base64
import io

import pytest
from inference_common.client import Client
from inference_common.codecs.image import ImageOutput, as_base64_png, to_rgb
from inference_common.errors import InvalidRequest
from PIL import Image

RED, WHITE = (255, 0, 0), (255, 255, 255)


@pytest.mark.parametrize(
    ("accept", "media_type", "name"),
    [
        ("*/*", "image/png", "PNG"),
        ("image/jpeg", "image/jpeg", "JPEG"),
        ("image/webp;q=1, image/png;q=0.5", "image/webp", "WEBP"),
    ],
)
def test_images_are_written_as_the_caller_accepts(accept: str, media_type: str, name: str) -> None:
    encoded = ImageOutput().encode([Image.new("RGB", (8, 6), RED)], Client(accept=accept), many=False)
    assert encoded.media_type == media_type
    read = Image.open(io.BytesIO(encoded.body))
    assert (read.format, read.size) == (name, (8, 6))


@pytest.mark.defect(4)
def test_transparency_survives_png_and_is_white_in_jpeg() -> None:
    clear = Image.new("RGBA", (8, 6), (0, 0, 0, 0))
    png = ImageOutput().encode([clear], Client(), many=False).body
    assert Image.open(io.BytesIO(png)).getpixel((0, 0)) == (0, 0, 0, 0)
    jpeg = ImageOutput().encode([clear], Client(accept="image/jpeg"), many=False).body
    assert Image.open(io.BytesIO(jpeg)).getpixel((0, 0)) == WHITE


def test_one_answer_is_one_image() -> None:
    two = [Image.new("L", (2, 2))] * 2
    with pytest.raises(InvalidRequest, match="one image, and 2"):
        ImageOutput().encode(two, Client(), many=True)
    with pytest.raises(InvalidRequest, match="image/png, image/jpeg, image/webp"):
        ImageOutput().encode(two[:1], Client(accept="video/mp4"), many=False)


def test_a_mask_in_json_is_a_png() -> None:
    mask = Image.new("L", (3, 2), 255)
    read = Image.open(io.BytesIO(base64.b64decode(as_base64_png(mask))))
    assert (read.format, read.mode, read.tobytes()) == ("PNG", "L", mask.tobytes())
    assert to_rgb(mask).getpixel((0, 0)) == WHITE
