"""What a network says of a photo is the same whether all of it was decoded or as much as it looks at."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from scripts.images import library

from ..conftest import tiny_model
from ..servers import start_process

SIZE = (3200, 2400)


def photo(name: str) -> bytes:
    """Soft colours, in which nothing is lost by a JPEG."""
    rows, columns = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    levels = np.stack([columns / SIZE[0], rows / SIZE[1], 0.5 + 0.5 * np.sin(columns / 400)], axis=-1) * 255
    file = io.BytesIO()
    Image.fromarray(levels.astype(np.uint8)).save(file, name, **({"quality": 98} if name == "JPEG" else {}))
    return file.getvalue()


@pytest.mark.parametrize("task", ["image-classification", "image-feature-extraction"])
def test_a_photo_says_the_same_decoded_in_part(task: str) -> None:
    known = library("transformers")
    server = start_process(known, task, str(tiny_model(known, task)))
    try:
        jpeg, png = (server.client.post("/", content=photo(name)).json() for name in ("JPEG", "PNG"))
    finally:
        server.client.close()
        assert server.stop() == 0
    np.testing.assert_allclose(numbers(jpeg), numbers(png), atol=0.05)


def numbers(answer: Any) -> list[float]:
    """Those of an answer: by label where it has labels."""
    if isinstance(answer[0], dict):
        return [one["score"] for one in sorted(answer, key=lambda one: str(one["label"]))]
    return [float(one) for one in np.ravel(answer)]
