"""A request that offers to change over to another protocol, as curl's `--http2` does: answered in HTTP/1.1."""

from __future__ import annotations

from typing import Any

import httptools

from .head import Headers, body_header


def parser_of_body(protocol: Any, headers: Headers) -> tuple[httptools.HttpRequestParser, bytes]:
    """A parser for the body of a request with these headers, and the requests after it; and what it is to be fed before
    that.

    httptools takes an upgrade for granted: after the head it calls the body another protocol's. A server may leave the
    offer alone (RFC 9110, 7.8), and then the body is the request's.
    """
    return httptools.HttpRequestParser(_AfterHead(protocol)), b"POST / HTTP/1.1\r\n%s\r\n" % body_header(headers)


class _AfterHead:
    """The callbacks of `protocol`, but for the first head, which it has had."""

    def __init__(self, protocol: Any) -> None:
        self._protocol, self._is_known = protocol, True
        self.on_body, self.on_message_complete = protocol.on_body, protocol.on_message_complete

    def on_message_begin(self) -> None:
        if not self._is_known:
            self._protocol.on_message_begin()

    def on_url(self, url: bytes) -> None:
        if not self._is_known:
            self._protocol.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_known:
            self._protocol.on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self._is_known:
            self._protocol.on_headers_complete()
        self._is_known = False
