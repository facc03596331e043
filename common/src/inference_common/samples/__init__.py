"""Small media files that the examples of the tasks hold."""

from __future__ import annotations

import base64
from functools import cache
from importlib.resources import files

import orjson

from ..task import Payload


@cache
def sample(name: str) -> bytes:
    """The bytes of one file of this folder."""
    return files(__name__).joinpath(name).read_bytes()


def encoded(name: str) -> str:
    """A sample in base64."""
    return base64.b64encode(sample(name)).decode()


def as_json(name: str, key: str | None = None, /, **fields: object) -> Payload:
    """A sample in base64 as `inputs`, or at `key` of an `inputs` object; `fields` join the root."""
    inputs = encoded(name)
    return Payload(orjson.dumps({"inputs": inputs if key is None else {key: inputs}, **fields}))
