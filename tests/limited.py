"""Servers whose requests may take little memory."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import numpy as np
import soundfile

from scripts.images import library

from .conftest import tiny_model
from .servers import Server, start_process


@contextmanager
def limited(name: str, task: str, mib: int) -> Iterator[Server]:
    """A server of a library, of a task's tiny model, whose requests may take so much."""
    known = library(name)
    server = start_process(known, task, str(tiny_model(known, task)), MAX_REQUEST_MEMORY_MIB=str(mib))
    try:
        yield server
    finally:
        server.client.close()
        assert server.stop() == 0


def refusal(answer: httpx.Response) -> str:
    """The reason of a refusal of a call for its memory."""
    assert answer.status_code == 413, answer.text
    error: str = answer.json()["error"]
    assert "MAX_REQUEST_MEMORY_MIB" in error
    return error


def silence(seconds: int) -> bytes:
    """A recording of it, small until it is decoded."""
    file = io.BytesIO()
    soundfile.write(file, np.zeros(seconds * 8_000, np.int16), 8_000, format="FLAC")
    return file.getvalue()
