"""The head of a request: its limits, and what of HTTP is refused.

httptools bounds nothing, and uvicorn only bounds heads with h11, a parser in Python. So the bytes are counted here, as
they arrive.
"""

from __future__ import annotations

from collections.abc import Sequence

import httptools

from ..errors import HeadersTooLarge, InferenceError, InvalidRequest, NotImplementedHere, TargetTooLong

MAX_HEAD_BYTES = 64 * 1024  # of a request line and its headers, or of trailers
MAX_TARGET_BYTES = 16 * 1024  # parameters may stand in the query
MAX_HEADERS = 100
_LINE_BYTES = 4  # of a header beside its name and value: the colon, a space, the line's end
Headers = Sequence[tuple[bytes, bytes]]


def too_large(target: bytes) -> InferenceError:
    """The error of a head longer than MAX_HEAD_BYTES; `target` is what has arrived of its path and query."""
    if len(target) > MAX_TARGET_BYTES:
        return TargetTooLong(f"The path and query are longer than {MAX_TARGET_BYTES:,} bytes; send inputs in the body")
    return HeadersTooLarge(f"The headers are larger than {MAX_HEAD_BYTES:,} bytes; send fewer or shorter ones")


def check_size(target: bytes, headers: Headers, *, exact: bool) -> None:
    """Raises TargetTooLong, HeadersTooLarge; the bytes are only summed where they are to be `exact`."""
    if len(target) > MAX_TARGET_BYTES:
        raise too_large(target)
    if len(headers) > MAX_HEADERS:
        raise HeadersTooLarge(f"A request has at most {MAX_HEADERS} headers here, not {len(headers):,}; send fewer")
    if exact and len(target) + sum(len(name) + len(value) + _LINE_BYTES for name, value in headers) > MAX_HEAD_BYTES:
        raise too_large(target)


def check_transfer_encoding(encodings: Sequence[bytes]) -> None:
    """Raises NotImplementedHere unless a body in a transfer-encoding is only chunked: httptools undoes no other, and
    gives the compressed bytes for the body."""
    named = b", ".join(encodings).decode("latin-1")
    if named.strip().lower() != "chunked":
        raise NotImplementedHere(f"Of transfer encodings only chunked is taken, not {named[:100]!r}; send it chunked")


def origin_form(target: bytes) -> bytes:
    """The path and query of a target as a proxy is sent it, `http://host/path`. Raises InvalidRequest."""
    try:
        url = httptools.parse_url(target)
    except httptools.HttpParserInvalidURLError:
        url = None
    if url is None or url.schema is None:
        shown = target.partition(b"?")[0][:100].decode("latin-1")  # no query: the error is logged, too
        raise InvalidRequest(f"The request's target is no path: {shown!r}; send one such as /path")
    path: bytes = url.path or b"/"
    return path if url.query is None else path + b"?" + url.query


def body_header(headers: Headers) -> bytes:
    """The line that tells a parser how the body of a request with these headers ends."""
    values = dict(headers)
    if b"transfer-encoding" in values:
        return b"transfer-encoding: chunked\r\n"
    return b"content-length: %s\r\n" % values.get(b"content-length", b"0")
