"""What a library makes of its inputs, as JSON, and the names that it has for parameters of ours."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

Keywords = Mapping[str, Any]


def spelled(parameters: Keywords, names: Keywords) -> dict[str, Any]:
    """Parameters by the names that a library has for some of them."""
    return {names.get(name, name): value for name, value in parameters.items()}


def plain(value: Any) -> Any:
    """An answer as JSON: arrays as lists, an image as {"png": base64}, a sound as {"wav": base64}."""
    if hasattr(value, "wav"):
        return {"wav": base64.b64encode(value.wav()).decode()}
    if hasattr(value, "save"):  # an image of Pillow, which not every library needs
        file = io.BytesIO()
        value.save(file, "PNG")
        return {"png": base64.b64encode(file.getvalue()).decode()}
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return plain(value.tolist()) if hasattr(value, "tolist") else value
