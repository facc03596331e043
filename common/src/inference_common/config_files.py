"""Reading the small files of a model: its configuration, never its weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .errors import LoadFailed

MAX_CONFIG_BYTES = 8 * 2**20  # the largest of real models, with tens of thousands of labels, take a quarter of it


def read_text(file: Path) -> str:
    """The text of a file. Raises LoadFailed past MAX_CONFIG_BYTES, before it is read, and OSError."""
    with file.open("rb") as opened:
        text = opened.read(MAX_CONFIG_BYTES + 1)
    if len(text) > MAX_CONFIG_BYTES:
        raise LoadFailed(f"The model's {file.name} is larger than {MAX_CONFIG_BYTES:,} bytes; name another model")
    return text.decode("utf-8")


def read_json(file: Path) -> Any:
    """The JSON of a file; of one that is not there, an empty object. Raises LoadFailed, ValueError."""
    return json.loads(read_text(file)) if file.is_file() else {}
