"""Errors under `/v1/`: OpenAI's clients read an object that holds the message, where the Hub's read a string."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Scope

from .client import Client

PATHS = re.compile(r"/v1/.*|/models/.+/v1/(?:chat/completions|completions|embeddings)")
TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    424: "server_error",
    429: "rate_limit_error",
}
"""What OpenAI calls an error, by its status; the others are `invalid_request_error` below 500, and `server_error`."""


def error_body(scope: Scope, status: int, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON of an error in the shape that the caller of a path reads; `body` is the Hub clients' one.

    The object has `message`, `type`, `param` (the first place that was found wrong, or null) and `code` (null); what
    stands beside `error` in `body` stays there.
    """
    if not PATHS.fullmatch(scope["path"]) or _is_of_the_hub(scope):
        return body
    kind = TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    places = [finding["loc"] for finding in body.get("errors", ())]
    param = places[0].removeprefix("body.") if places else None
    return {**body, "error": {"message": body["error"], "type": kind, "param": param, "code": None}}


def _is_of_the_hub(scope: Scope) -> bool:
    client = Client.of(Headers(scope=scope))
    return client.python is not None or client.javascript is not None
