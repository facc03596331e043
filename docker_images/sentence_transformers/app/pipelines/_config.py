"""What a model's folder says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read(file: Path) -> Any:
    """The JSON of a file; of one that is not there, an empty object."""
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
