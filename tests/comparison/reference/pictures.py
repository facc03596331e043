"""Samples as images."""

from __future__ import annotations

import io
from typing import Any

from inference_common.samples import sample
from PIL import Image


def image(inputs: Any) -> Any:
    """A sample as an image of mode RGB, over white where it is transparent."""
    opened = Image.open(io.BytesIO(sample(inputs["sample"]))).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", opened.size, "white"), opened).convert("RGB")
