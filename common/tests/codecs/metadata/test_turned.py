import io
import struct

import numpy as np
import pytest
from inference_common.codecs.image import read_image
from inference_common.codecs.metadata import orientation
from inference_common.task import Limits
from PIL import Image, ImageOps, PngImagePlugin

LIMITS = Limits(inputs=1, characters=1, pixels=10_000)
PICTURE = Image.fromarray(np.random.default_rng(1).integers(0, 256, (16, 24, 3), dtype=np.uint8))
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="%d"/></x:xmpmeta>'


def exif_of(turn: int, order: str = ">") -> bytes:
    """EXIF whose directory has a text before the orientation."""
    head = b"MM\0*" if order == ">" else b"II*\0"
    entries = struct.pack(f"{order}HHL4s", 0x010F, 2, 3, b"me\0\0") + struct.pack(
        f"{order}HHLHH", 0x0112, 3, 1, turn, 0
    )
    return head + struct.pack(f"{order}LH", 8, 2) + entries + struct.pack(f"{order}L", 0)


def saved(name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    PICTURE.save(buffer, name, **options)
    return buffer.getvalue()


def raw_profile(turn: int) -> PngImagePlugin.PngInfo:
    """EXIF as ImageMagick writes it into a PNG."""
    exif = exif_of(turn)
    told = PngImagePlugin.PngInfo()
    told.add_text("Raw profile type exif", f"\nexif\n{len(exif):8}\n{exif.hex()}\n", zip=True)
    return told


def xmp_of(turn: int) -> PngImagePlugin.PngInfo:
    told = PngImagePlugin.PngInfo()
    told.add_itxt("XML:com.adobe.xmp", (XMP % turn).decode())
    return told


@pytest.mark.parametrize("turn", range(10))
@pytest.mark.parametrize("order", "<>")
def test_exif_turns_an_image_as_pillow_does(turn: int, order: str) -> None:
    for name in ("JPEG", "PNG", "WEBP", "AVIF"):
        if name == "AVIF" and not 1 <= turn <= 8:  # which Pillow does not write
            continue
        body = saved(name, exif=b"Exif\0\0" + exif_of(turn, order))
        theirs = ImageOps.exif_transpose(Image.open(io.BytesIO(body)))
        np.testing.assert_array_equal(np.asarray(read_image(body, LIMITS)), np.asarray(theirs), name)


@pytest.mark.parametrize("turn", range(1, 9))
def test_other_places_of_it_turn_it_too(turn: int) -> None:
    tag = Image.Exif()
    tag[0x0112] = turn
    for body in (
        saved("PNG", pnginfo=raw_profile(turn)),
        saved("PNG", pnginfo=xmp_of(turn)),
        saved("JPEG", xmp=XMP % turn),
        saved("WEBP", xmp=XMP % turn),
        saved("TIFF", exif=tag),
        saved("TIFF", exif=tag, compression="tiff_lzw"),
    ):
        theirs = ImageOps.exif_transpose(Image.open(io.BytesIO(body)))
        np.testing.assert_array_equal(np.asarray(read_image(body, LIMITS)), np.asarray(theirs))


def test_exif_goes_before_xmp() -> None:
    assert orientation(exif_of(3), XMP % 6) == 3
    assert orientation(b"", XMP % 6) == 6
    assert orientation(exif_of(3)[:20], XMP % 6) == 6


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0II*\0",
        b"MM\0*\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff",
        b"QQ\0*" + exif_of(6)[4:],
        exif_of(0),
        exif_of(9),
        exif_of(6)[:-8],
    ],
)
def test_what_names_no_orientation_leaves_it_upright(exif: bytes) -> None:
    assert orientation(exif) == 1


def test_a_directory_that_is_cut_is_read_as_far_as_it_goes() -> None:
    assert orientation(exif_of(6)[:-4]) == 6
    assert orientation(exif_of(6) + b"what programs keep there") == 6
    assert orientation(b"Exif\0\0Exif\0\0" + exif_of(6)) == 6
