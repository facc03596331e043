"""Whatever an image file tells beside its pixels, these are read, and are as they are without it."""

import contextlib
import io
import struct
import zlib
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from inference_common import account
from inference_common.account import MemoryAccount
from inference_common.codecs.image import FORMATS, read_image
from inference_common.codecs.metadata import strip
from inference_common.errors import TooLarge, UnsupportedMedia
from inference_common.task import Limits
from PIL import Image, TiffImagePlugin

LIMITS = Limits(inputs=1, characters=1, pixels=10_000)
MIB = 1 << 20
LARGE = np.random.default_rng(0).bytes(3 * MIB)  # that no compression makes small
EMPTY = bytes(30 * MIB)  # that compression makes next to nothing of
PICTURE = Image.fromarray(np.random.default_rng(1).integers(0, 256, (6, 8, 3), dtype=np.uint8))


def saved(name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    PICTURE.save(buffer, name, **options)
    return buffer.getvalue()


PLAIN = {name: saved(name) for name in FORMATS}


def png(*chunks: tuple[bytes, bytes], crc: int = 0, after: bool = False) -> bytes:
    """A PNG with more chunks, before its pixels or after them."""
    body = PLAIN["PNG"]
    at = len(body) - 12 if after else 33
    told = b"".join(
        struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data) ^ crc)
        for kind, data in chunks
    )
    return body[:at] + told + body[at:]


def jpeg(told: bytes) -> bytes:
    """A JPEG with more bytes before its own segments."""
    return PLAIN["JPEG"][:2] + told + PLAIN["JPEG"][2:]


def segment(marker: int, data: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def gif(told: bytes) -> bytes:
    """A GIF with more bytes before its image."""
    body = PLAIN["GIF"]
    at = body.index(b",", 13 + 3 * (2 << (body[10] & 7)))
    return body[:at] + told + body[at:]


def extension(label: bytes, data: bytes) -> bytes:
    parts = [data[n : n + 255] for n in range(0, len(data), 255)]
    return b"!" + label + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def tiff(tags: Mapping[int, tuple[int, object]], **options: object) -> bytes:
    told = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, (kind, value) in tags.items():
        told.tagtype[tag] = kind
        told[tag] = value
    return saved("TIFF", tiffinfo=told, **options)


def avif_with_broken_exif() -> bytes:
    exif = Image.Exif()
    exif[305] = "the name of a program"
    body = saved("AVIF", exif=exif)
    at = body.rindex(b"Exif\0\0", 0, body.index(b"the name")) + 6
    return body[:at] + b"QQ" + body[at + 2 :]


def text(keyword: bytes, data: bytes) -> bytes:
    return keyword + b"\0\0" + zlib.compress(data)


FILES: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "PNG, large text": ("PNG", lambda: png((b"tEXt", b"Comment\0" + LARGE))),
    "PNG, large compressed text": ("PNG", lambda: png((b"zTXt", text(b"Comment", LARGE)))),
    "PNG, text of 30 MiB in little": ("PNG", lambda: png((b"zTXt", text(b"Comment", EMPTY)))),
    "PNG, international text": ("PNG", lambda: png((b"iTXt", b"Comment\0\1\0en\0Comment\0" + zlib.compress(EMPTY)))),
    "PNG, many texts": ("PNG", lambda: png(*[(b"zTXt", text(b"Comment", EMPTY[:MIB]))] * 100)),
    "PNG, texts after the pixels": ("PNG", lambda: png((b"zTXt", text(b"Comment", EMPTY)), after=True)),
    "PNG, large profile": ("PNG", lambda: png((b"iCCP", text(b"ICC", LARGE)))),
    "PNG, profile of 30 MiB in little": ("PNG", lambda: png((b"iCCP", text(b"ICC", EMPTY)))),
    "PNG, profile that is none": ("PNG", lambda: png((b"iCCP", b"ICC\0\7nothing"))),
    "PNG, chunks cut short": ("PNG", lambda: png((b"pHYs", b"\0"), (b"gAMA", b""), (b"sRGB", b""), (b"cHRM", b"\0"))),
    "PNG, wrong checksums": ("PNG", lambda: png((b"tEXt", b"Comment\0a"), (b"eXIf", b"MM"), crc=1)),
    "PNG, animation that is none": ("PNG", lambda: png((b"acTL", b"\0"), (b"fcTL", b"\0"))),
    "PNG, EXIF of ImageMagick, broken": ("PNG", lambda: png((b"zTXt", text(b"Raw profile type exif", b"\n\n\n0g")))),
    "PNG, compressed XMP, broken": ("PNG", lambda: png((b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0not zlib"))),
    "JPEG, large comments": ("JPEG", lambda: jpeg(segment(0xFE, LARGE[:65_000]) * 100)),
    "JPEG, large profile": ("JPEG", lambda: jpeg(segment(0xE2, b"ICC_PROFILE\0\1\1" + LARGE[:65_000]) * 50)),
    "JPEG, broken EXIF": ("JPEG", lambda: jpeg(segment(0xE1, b"Exif\0\0MM\0*\xff\xff\xff\xff"))),
    "JPEG, large EXIF": ("JPEG", lambda: jpeg(segment(0xE1, b"Exif\0\0" + LARGE[:65_000]) * 100)),
    "JPEG, JFIF cut short": ("JPEG", lambda: jpeg(segment(0xE0, b"JFIF"))),
    "JPEG, Adobe's cut short": ("JPEG", lambda: jpeg(segment(0xEE, b"Adobe"))),
    "JPEG, broken list of pictures": ("JPEG", lambda: jpeg(segment(0xE2, b"MPF\0II*\0\x08\0\0\0\1\0" + b"z" * 14))),
    "JPEG, broken Photoshop's": ("JPEG", lambda: jpeg(segment(0xED, b"Photoshop 3.0\x008BIM" + b"\xff" * 20))),
    "JPEG, fill bytes": ("JPEG", lambda: jpeg(b"\xff" * 10 * MIB)),
    "JPEG, zeros": ("JPEG", lambda: jpeg(segment(0xFE, b"") + bytes(10 * MIB))),
    "GIF, large comment": ("GIF", lambda: gif(extension(b"\xfe", LARGE))),
    "GIF, many comments": ("GIF", lambda: gif(extension(b"\xfe", b"a") * 10_000)),
    "GIF, comment that is cut short": ("GIF", lambda: gif(b"!\xfe\0!\xfe\1\0\0")),
    "GIF, program's own": ("GIF", lambda: gif(extension(b"\xff", b"XMP DataXMP" + LARGE))),
    "GIF, zeros": ("GIF", lambda: gif(bytes(10 * MIB))),
    "WebP, large profile": ("WEBP", lambda: saved("WEBP", icc_profile=LARGE)),
    "WebP, large XMP": ("WEBP", lambda: saved("WEBP", xmp=LARGE)),
    "WebP, EXIF that is none": ("WEBP", lambda: saved("WEBP", exif=b"Exif\0\0" + LARGE)),
    "TIFF, large profile": ("TIFF", lambda: tiff({34675: (7, LARGE)})),
    "TIFF, large XMP": ("TIFF", lambda: tiff({700: (1, LARGE)})),
    "TIFF, compressed, large tags": ("TIFF", lambda: tiff({34377: (1, LARGE)}, compression="tiff_lzw")),
    "TIFF, EXIF that is nowhere": ("TIFF", lambda: tiff({34665: (4, 0xFFFFFFF0)})),
    "TIFF, wide": ("TIFF", lambda: tiff({34675: (7, LARGE)}, big_tiff=True)),
    "AVIF, large profile": ("AVIF", lambda: saved("AVIF", icc_profile=LARGE)),
    "AVIF, broken EXIF": ("AVIF", avif_with_broken_exif),
}


@pytest.mark.parametrize("kind", FILES)
def test_metadata_leaves_the_pixels_as_they_are(kind: str) -> None:
    name, write = FILES[kind]
    body = write()
    np.testing.assert_array_equal(np.asarray(read_image(body, LIMITS)), np.asarray(read_image(PLAIN[name], LIMITS)))


@pytest.mark.parametrize("name", set(FORMATS) - {"TIFF"})
def test_a_file_of_pixels_alone_is_not_copied(name: str) -> None:
    assert strip(PLAIN[name]).body is PLAIN[name] or name == "GIF"


@pytest.mark.parametrize("kind", [kind for kind in FILES if kind[:4] in ("PNG,", "JPEG", "GIF,")])
def test_metadata_reaches_no_decoder(kind: str) -> None:
    name, write = FILES[kind]
    assert len(strip(write()).body) <= len(PLAIN[name])


@pytest.mark.parametrize(
    "body",
    [
        png(*[(b"tEXt", b"")] * 100_001),
        jpeg(segment(0xFE, b"") * 100_001),
        gif(extension(b"\xfe", b"") * 100_001),
        gif(b"!\xfe" + b"\1a" * 1_000_001),
        PLAIN["TIFF"].replace(struct.pack("<HHL", 258, 3, 3), struct.pack("<HHL", 258, 3, 1_048_577)),
    ],
    ids=["PNG", "JPEG", "GIF", "GIF's blocks", "TIFF"],
)
def test_a_file_of_countless_parts_is_refused(body: bytes) -> None:
    with pytest.raises(UnsupportedMedia, match="send it"):
        read_image(body, LIMITS)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_is_cut_or_damaged_anywhere_breaks_no_reader(name: str) -> None:
    body = PLAIN[name]
    for end in range(len(body)):
        strip(body[:end])
    chance = np.random.default_rng(2)
    for _ in range(300):
        damaged = bytearray(body)
        for at in chance.integers(0, len(body), 3):
            damaged[at] = chance.integers(0, 256)
        with contextlib.suppress(UnsupportedMedia):
            strip(bytes(damaged))


def test_the_memory_of_a_copy_is_held_while_there_is_one() -> None:
    whole = MemoryAccount(100_000)
    account.reserve(whole)
    read_image(png((b"tEXt", b"Comment\0" + LARGE[:80_000])), LIMITS)
    assert whole.used == 8 * 6 * 4
    with pytest.raises(TooLarge, match="MAX_REQUEST_MEMORY_MIB"):
        read_image(png((b"tEXt", b"Comment\0" + LARGE[:110_000])), LIMITS)
    account.release()


def test_a_profile_does_not_change_the_numbers() -> None:
    """As of the libraries, which read pixels without a look at it."""
    swapped = Image.open(io.BytesIO(saved("PNG", icc_profile=b"any"))).convert("RGB")
    np.testing.assert_array_equal(np.asarray(read_image(saved("PNG", icc_profile=b"any"), LIMITS)), np.asarray(swapped))


def test_only_the_first_directory_of_a_tiff_is_left() -> None:
    buffer = io.BytesIO()
    PICTURE.save(buffer, "TIFF", save_all=True, append_images=[PICTURE] * 3)
    left = Image.open(io.BytesIO(strip(buffer.getvalue()).body))
    assert getattr(left, "n_frames", 1) == 1
    np.testing.assert_array_equal(np.asarray(left), np.asarray(PICTURE))
