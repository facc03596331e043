"""`jpeg ours|full MODEL BODIES`: a JPEG file to the input of a network of timm, in timm's folder.

`ours` decodes as our server does for that network; `full` decodes every pixel. What follows is the same.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator

from inference_common.discover import discover
from inference_common.source import open_source
from inference_common.task import Payload
from inference_common.tasks import TASKS
from PIL import Image

from .limits import limits_of
from .line import answer, bodies

TASK = "image-classification"


def main(way: str, model: str, path: str) -> None:
    """Answer until the end of the input."""
    sys.path.insert(0, os.getcwd())
    pipeline = discover("app.pipelines").load(TASK)(open_source(model), "cpu")
    (photo,) = bodies(path)
    limits = limits_of(pipeline)
    ways: dict[str, Callable[[bytes], Image.Image]] = {
        "ours": lambda body: TASKS[TASK].input.decode(Payload(body, None), limits).items[0],
        "full": lambda body: Image.open(io.BytesIO(body)).convert("RGB"),
    }
    decode = ways[way]

    def steps(load: str, clients: int) -> Iterator[int]:
        while True:
            pipeline.prepare([decode(photo)])  # type: ignore[attr-defined]  # of timm's pipelines
            yield 1

    answer(steps)


if __name__ == "__main__":
    main(*sys.argv[1:])
