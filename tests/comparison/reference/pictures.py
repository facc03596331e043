"""Samples as images."""

from __future__ import annotations

import io
from typing import Any

from inference_common.samples import sample
from PIL import Image


def image(inputs: Any) -> Any:
    """A sample as an image of mode RGB."""
    return Image.open(io.BytesIO(sample(inputs["sample"]))).convert("RGB")
