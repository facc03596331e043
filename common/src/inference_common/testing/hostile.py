"""Bodies that decoders fall over: bombs, lies, polyglots, and what is left of a good file after an accident."""

from __future__ import annotations

import functools
import gzip
import random
import struct
import zlib
from collections.abc import Iterator, Mapping


@functools.cache
def bodies() -> Mapping[str, bytes]:
    """Hostile bodies by name; none is any task's valid input."""
    return {
        "PNG of 20,000 x 20,000 pixels": png_bomb(20_000),
        "PNG that claims 2^31 pixels a side": png_bomb(2**31 - 1, rows=1),
        "wav that claims 4 GB": wav(2**32 - 1, b"\0" * 100),
        "wav of no channels": wav(100, b"\0" * 100, channels=0),
        "wav of 2^32 - 1 Hz": wav(100, b"\0" * 100, rate=2**32 - 1),
        "flac of a head and noise": b"fLaC\x80\0\0\x22" + b"\xff" * 5000,
        "ogg of a head and noise": b"OggS\0\x02" + b"\xff" * 5000,
        "mp4 of a box that holds itself": struct.pack(">I4s", 8, b"moov") * 40,
        "webm of a head and noise": b"\x1a\x45\xdf\xa3" + b"\xff" * 5000,
        "GIF that is a page": b"GIF89a/*" + b"\0" * 20 + b"*/=1;<script>alert(1)</script>",
        "SVG that reads a file": b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        b'<svg xmlns="http://www.w3.org/2000/svg"><text>&x;</text></svg>',
        "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n",
        "TIFF whose directory points at itself": b"II*\0\x08\0\0\0\x01\0" + b"\0" * 12 + struct.pack("<I", 8),
        "gzip of 100 MB": gzip.compress(bytes(100_000_000)),
        "zip of nothing": b"PK\x05\x06" + b"\0" * 18,
        "a file's path": b"/etc/passwd",
        "a file's address": b"file:///etc/passwd",
        "a playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        "an ffmpeg script": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "zeroes": bytes(10_000),
        "a pickle": b"\x80\x04\x95\x1a\0\0\0\0\0\0\0\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.",
    }


@functools.cache
def png_bomb(side: int, rows: int | None = None) -> bytes:
    """A grey PNG of side x side pixels (of which `rows` are there): small to send, large to hold."""
    packer = zlib.compressobj(9)
    row = bytes(1 + min(side, 20_000))
    data = b"".join(packer.compress(row) for _ in range(rows or side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def wav(claimed: int, data: bytes, channels: int = 1, rate: int = 16_000) -> bytes:
    """A 16-bit RIFF file whose head claims so many bytes of samples, whatever is there."""
    layout = struct.pack("<HHIIHH", 1, channels, rate, (rate * 2) & 0xFFFFFFFF, 2, 16)
    return b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0" + layout + b"data" + struct.pack("<I", claimed) + data


def accidents(body: bytes, seed: int, count: int) -> Iterator[bytes]:
    """What accidents leave of a body: cut short, bits flipped, a part lost, a part twice, two ends glued."""
    chance = random.Random(seed)
    for _ in range(count):
        at, to = sorted(chance.randrange(len(body) + 1) for _ in range(2))
        flipped = bytearray(body)
        for _ in range(chance.randint(1, 8)):
            flipped[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        yield chance.choice(
            (body[:at], bytes(flipped), body[:at] + body[to:], body[:to] + body[at:], body[to:] + body[:at])
        )


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
