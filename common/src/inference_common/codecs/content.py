"""What a request's body is: by its content type, its byte order mark and its first characters."""

from __future__ import annotations

import codecs
import re
from encodings.aliases import aliases

from .. import account
from ..errors import InvalidRequest, UnsupportedMedia

FORM = "application/x-www-form-urlencoded"
UNTYPED = frozenset({"", "*/*", "application/octet-stream", FORM})
"""Media types that say nothing of a body: FORM is what curl sends with any, so it counts only where one is a form."""
TEXTS = UNTYPED | {"text/plain", "text/markdown", "text/x-markdown"}
DECODED_BYTES = 6  # of a body's byte, in memory: its character, and that in UTF-8
MARKS = (
    (codecs.BOM_UTF8, "utf_8"),
    (codecs.BOM_UTF32_LE, "utf_32_le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf_32_be"),
    (codecs.BOM_UTF16_LE, "utf_16_le"),
    (codecs.BOM_UTF16_BE, "utf_16_be"),
)
ZEROS = ((b"\x00\x00\x00.", "utf_32_be"), (b".\x00\x00\x00", "utf_32_le"), (b"\x00.", "utf_16_be"),
         (b".\x00", "utf_16_le"))  # fmt: skip
"""Encodings without a mark, by where the zeros of an ASCII character are (RFC 4627, section 3)."""
CHARSETS = frozenset(
    {"utf_8", "ascii", "utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be", "latin_1", "koi8_r"}
    | {"koi8_u", "gb2312", "gbk", "gb18030", "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp", "iso2022_jp"}
    | {"euc_kr", "cp949", "mac_roman", "tis_620"}
    | {f"iso8859_{n}" for n in range(2, 17) if n != 12}
    | {f"cp{n}" for n in range(1250, 1259)}
)
"""Those that are decoded, by Python's names; its others are slow, or no text."""
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([\w.:+-]{1,40})", re.IGNORECASE)
_FIELD = re.compile(rb"\s*(?:[\w.%+\[\]-]+&)*[\w.%+\[\]-]+=")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_HEAD = 512  # bytes of a body that are looked at


def media_type(content_type: str | None) -> str:
    """The media type of a header, in lower case and without its parameters; "" where there is none."""
    return (content_type or "").partition(";")[0].strip().lower()


def is_json_type(media: str) -> bool:
    """Whether a media type is of JSON: `application/json`, `text/json`, `application/ld+json`, ..."""
    return media.endswith(("/json", "+json", "/x-json"))


def utf8(body: bytes, content_type: str | None = None) -> bytes:
    """A body of text in UTF-8, without a byte order mark.

    It is read as its mark says, else its charset, else as the zeros in it say; else it is taken to be UTF-8 already,
    which is not verified. Raises InvalidRequest for what is not in that charset, UnsupportedMedia for other charsets.
    """
    encoding = _marked(body)
    if encoding is None and content_type is not None and ";" in content_type:
        encoding = _stated(content_type)
    if encoding in (None, "utf_16", "utf_32") and 0 in body[:4]:
        encoding = _by_zeros(body[:4]) or encoding
    if encoding in (None, "utf_8", "ascii"):
        return body.removeprefix(codecs.BOM_UTF8)
    assert encoding is not None
    account.take(DECODED_BYTES * len(body))
    try:
        return body.decode(encoding).removeprefix("\ufeff").encode()
    except UnicodeError as error:
        at = f" (byte {error.start})" if isinstance(error, UnicodeDecodeError) else ""
        name = encoding.replace("_", "-").upper()
        raise InvalidRequest(f"The request body is not {name} text{at}; send UTF-8 or JSON") from None


def is_form(body: bytes, media: str) -> bool:
    """Whether a body of this media type is a form: by that alone where it has parts, else also by its first field."""
    if media.startswith("multipart/"):
        return True
    return media == FORM and _FIELD.match(body[:_HEAD]) is not None and not _CONTROLS.search(body[:_HEAD])


def refuse(media: str, instead: str) -> UnsupportedMedia:
    """The error for a body of a media type that is not read; `instead` tells what to send."""
    if media == FORM or media.startswith("multipart/"):
        return UnsupportedMedia(f"The request body is a form ({media[:64]}), which is not read; {instead}")
    return UnsupportedMedia(f"A request body of type {media[:64]!r} is not read here; {instead}")


def _marked(body: bytes) -> str | None:
    if body[:1] not in (b"\xef", b"\xff", b"\xfe", b"\x00"):
        return None
    return next((encoding for mark, encoding in MARKS if body.startswith(mark)), None)


def _stated(content_type: str) -> str | None:
    found = _CHARSET.search(content_type)
    if found is None:
        return None
    # Not by Python's own look-up, which would remember each name that anyone ever sent.
    name = found[1].lower().replace("-", "_")
    encoding = aliases.get(name, name)
    if encoding not in CHARSETS:
        raise UnsupportedMedia(f"The charset {found[1]!r} is not read; send UTF-8")
    return encoding


def _by_zeros(head: bytes) -> str | None:
    """Encodings of four bytes first: each of two would match their beginning, too."""
    pattern = bytes(0 if byte == 0 else ord(".") for byte in head)
    return next((encoding for zeros, encoding in ZEROS if pattern.startswith(zeros)), None)
