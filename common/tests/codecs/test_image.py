import base64
import io
import json
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from inference_common import account
from inference_common.account import MemoryAccount
from inference_common.codecs.image import FORMATS, image_or_prompt_input, read_image
from inference_common.errors import InvalidRequest, TooLarge, UnsupportedMedia
from inference_common.samples import sample
from inference_common.task import Limits, Payload
from PIL import Image

LIMITS = Limits(inputs=1, characters=1, pixels=10_000)
RED, WHITE = (255, 0, 0), (255, 255, 255)


def saved(image: Image.Image, name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, data: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_read(name: str) -> None:
    read = read_image(saved(Image.new("RGB", (8, 6), RED), name), LIMITS)
    assert (read.mode, read.size) == ("RGB", (8, 6))
    np.testing.assert_allclose(np.asarray(read)[3, 4], RED, atol=4)


@pytest.mark.parametrize(
    ("mode", "colour", "name", "expected"),
    [
        ("1", 1, "PNG", WHITE),
        ("L", 7, "PNG", (7, 7, 7)),
        ("LA", (7, 255), "PNG", (7, 7, 7)),
        ("LA", (7, 0), "PNG", WHITE),
        ("RGBA", (255, 0, 0, 255), "PNG", RED),
        ("RGBA", (0, 0, 0, 0), "WEBP", WHITE),
        ("RGBA", (0, 0, 255, 51), "PNG", (204, 204, 255)),
        ("CMYK", (0, 255, 255, 0), "JPEG", (254, 0, 0)),
        ("YCbCr", (76, 85, 255), "JPEG", (254, 0, 0)),
        ("I;16", 32768, "PNG", (128, 128, 128)),
        ("I;16", 65535, "TIFF", WHITE),
        ("LAB", (255, 128, 128), "TIFF", WHITE),
    ],
)
def test_every_mode_becomes_rgb(mode: str, colour: object, name: str, expected: tuple[int, int, int]) -> None:
    read = read_image(saved(Image.new(mode, (8, 6), colour), name), LIMITS)  # type: ignore[arg-type]
    assert read.mode == "RGB"
    np.testing.assert_allclose(np.asarray(read).reshape(-1, 3), [expected] * 48, atol=3)


def test_a_palette_keeps_its_colours_and_loses_its_transparency() -> None:
    drawn = Image.new("P", (2, 1))
    drawn.putpalette([0, 0, 255, *RED])
    drawn.putdata([0, 1])
    read = read_image(saved(drawn, "PNG", transparency=0), LIMITS)
    assert [read.getpixel((x, 0)) for x in (0, 1)] == [WHITE, RED]
    assert read_image(saved(drawn, "GIF"), LIMITS).getpixel((1, 0)) == RED


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_wide_values_are_stretched(dtype: type) -> None:
    values = Image.fromarray(np.array([[-100, 0, 100]], dtype=dtype))
    read = read_image(saved(values, "TIFF"), LIMITS)
    assert np.asarray(read)[0, :, 0].tolist() == [0, 128, 255]
    flat = read_image(saved(Image.fromarray(np.full((2, 2), 5, dtype=dtype)), "TIFF"), LIMITS)
    assert np.asarray(flat).max() == 0


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (3, 1)), (6, (1, 0)), (8, (0, 3))])
def test_exif_turns_it_upright(orientation: int, corner: tuple[int, int]) -> None:
    drawn = Image.new("RGB", (4, 2))
    drawn.putpixel((0, 0), RED)
    exif = Image.Exif()
    exif[0x0112] = orientation
    read = read_image(saved(drawn, "PNG", exif=exif), LIMITS)
    assert read.getpixel(corner) == RED
    assert read.size == ((2, 4) if orientation > 4 else (4, 2))


def test_exif_that_cannot_be_read_is_let_be() -> None:
    read = read_image(saved(Image.new("RGB", (4, 2), RED), "PNG", exif=b"Exif\0\0MM\0*\xff\xff"), LIMITS)
    assert read.getpixel((0, 0)) == RED


@pytest.mark.parametrize("name", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_several_frames_the_first(name: str) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, WHITE)]
    read = read_image(saved(frames[0], name, save_all=True, append_images=frames[1:]), LIMITS)
    np.testing.assert_allclose(np.asarray(read)[0, 0], RED, atol=8)


@pytest.mark.parametrize(
    "body",
    [
        b"/etc/passwd",
        b"\x00" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n",
        b"P6\n2 2\n255\n" + b"a" * 12,
        saved(Image.new("RGB", (4, 4)), "ICO"),
        saved(Image.new("RGB", (4, 4)), "JPEG2000"),
        sample("image.jpg")[:-600],
        sample("image.png")[:-100],
        sample("image.png").replace(b"IDAT", b"IDAX"),
        png_of(4, 4, zlib.compress(b"\x09" * 8)),
        png_of(4, 4, b"not zlib"),
        png_of(0, 4),
        sample("image.jpg")[:4],
        b"GIF89a<script>alert(1)</script>",
        sample("video.mp4"),
    ],
)
def test_what_is_no_whole_image_is_refused(body: bytes) -> None:
    with pytest.raises(UnsupportedMedia, match="PNG, JPEG, WebP"):
        read_image(body, LIMITS)


def test_bytes_after_the_image_change_nothing() -> None:
    plain = saved(Image.new("RGB", (4, 4), RED), "PNG")
    assert read_image(plain + b"PK\x03\x04<svg/>%!PS", LIMITS).tobytes() == read_image(plain, LIMITS).tobytes()


@pytest.mark.defect(11)
@pytest.mark.parametrize("size", [(101, 100), (65_535, 65_535), (2_000_000_000, 2_000_000_000)])
def test_pixels_are_counted_before_they_are_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(TooLarge, match="10,000"):
        read_image(png_of(*size), LIMITS)


def test_an_image_much_longer_than_wide_is_refused() -> None:
    assert read_image(saved(Image.new("L", (200, 1)), "PNG"), LIMITS).size == (200, 1)
    with pytest.raises(InvalidRequest, match="201 x 1 pixels"):
        read_image(saved(Image.new("L", (201, 1)), "PNG"), LIMITS)


def test_a_small_bomb_costs_no_memory() -> None:
    """164 KB of PNG for 36,000 x 36,000 pixels, which would be 4 GB once decoded."""
    code = """
import resource, sys
from inference_common.codecs.image import read_image
from inference_common.errors import TooLarge
from inference_common.task import Limits, Payload
body = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read_image(body, Limits(1, 1))
except TooLarge:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    row = b"\0" * (36_000 // 8 + 1)
    bomb = png_of(36_000, 36_000, zlib.compress(row * 36_000, 9))
    assert len(bomb) < 200_000
    ran = subprocess.run([sys.executable, "-c", code], input=bomb, capture_output=True, check=True)
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(ran.stdout) * unit < 50_000_000


@pytest.mark.parametrize(
    ("body", "size"),
    [
        ({"inputs": base64.b64encode(sample("image.png")).decode()}, (64, 48)),
        ({"inputs": None, "parameters": {"prompt": "a house"}}, None),
        ({"parameters": {"prompt": "a house"}, "options": {}}, None),
    ],
)
def test_an_image_may_be_left_out_where_a_prompt_is(body: object, size: tuple[int, int] | None) -> None:
    codec = image_or_prompt_input()
    (item,) = codec.decode(Payload(json.dumps(body).encode()), LIMITS).items
    assert (None if item is None else item.size) == size
    assert codec.meter([item]) == {"x-compute-images": "0" if item is None else "1"}


@pytest.mark.parametrize("body", [{}, {"inputs": None}, {"parameters": {"prompt": ""}}, {"parameters": {"seed": 1}}])
def test_neither_image_nor_prompt_is_refused(body: object) -> None:
    with pytest.raises(InvalidRequest, match="or a prompt"):
        image_or_prompt_input().decode(Payload(json.dumps(body).encode()), LIMITS)


@pytest.mark.parametrize(
    ("mode", "form", "bytes_a_pixel"), [("RGB", "PNG", 4), ("L", "PNG", 5), ("RGBA", "PNG", 16), ("RGB", "WEBP", 17)]
)
def test_the_memory_of_pixels_is_held_before_they_are_decoded(mode: str, form: str, bytes_a_pixel: int) -> None:
    body = saved(Image.new(mode, (100, 100)), form)
    whole = MemoryAccount(10**6)
    account.reserve(whole)
    read_image(body, LIMITS)
    assert whole.used == 40_000
    account.take(900_001 - 40_000 - bytes_a_pixel * 10_000)
    with pytest.raises(TooLarge, match="MAX_REQUEST_MEMORY_MIB"):
        read_image(body, LIMITS)
    account.release()
